"""`python -m notifier`: the composition root."""

import asyncio

from uuid_utils import uuid4

from contracts.server import Server, listen
from contracts.service import run_service
from notifier.app import create_app
from notifier.broker import ClientQueues
from notifier.figures import Figures
from notifier.frames import Frames
from notifier.hub import Hub
from notifier.settings import NotifierSettings


async def main(settings: NotifierSettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then: say goodbye on every stream, end them, leave the broker."""
    listener = listen(settings.host, settings.notifier_port, setting="STAGECAST_NOTIFIER_PORT")
    hub = Hub()
    figures = Figures(hub)
    queues = ClientQueues(settings.amqp_url, hub, Frames(figures.skipped), instance=uuid4().hex[:12])
    checks = {"broker": queues.fault, "draining": lambda: "about to stop" if hub.is_draining else None}
    app = create_app(settings, hub=hub, transport=queues, figures=figures, checks=checks)
    async with asyncio.TaskGroup() as tasks:
        beating = tasks.create_task(hub.keep_beating())
        connecting = tasks.create_task(queues.run())
        await Server(app, farewell=hub.drain).serve_until(stop, listener)
        beating.cancel()
        connecting.cancel()


if __name__ == "__main__":
    run_service("notifier", NotifierSettings, main)
