"""`python -m notifier`: the composition root."""

import asyncio

from uuid_utils import uuid4

from contracts.access.admission import admission
from contracts.blobs import open_store
from contracts.server import Server, health_routes, listen
from contracts.service import run_service
from contracts.store_watch import StoreWatch
from notifier.app import create_app, make_routes
from notifier.archive import Archive
from notifier.door import Door
from notifier.encoded import Encoder
from notifier.fanout import FanOut, Shared
from notifier.figures import Figures
from notifier.follower import Follower
from notifier.history import History
from notifier.hub import Hub
from notifier.jobs import Jobs
from notifier.listing import Listing
from notifier.marks import Marks
from notifier.places import Places
from notifier.queues import ClientQueues
from notifier.settings import FanOutKind, NotifierSettings
from notifier.stream import Events
from notifier.tickets import Tickets
from notifier.watch import Watch

SEND_BUFFER = 256 * 1024  # bytes that the kernel holds for a client which does not take them


async def main(settings: NotifierSettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then: say goodbye on every stream, end them, leave the broker."""
    listener = listen(settings.host, settings.notifier_port, setting="STAGECAST_NOTIFIER_PORT", send_buffer=SEND_BUFFER)
    store = open_store(settings.store_url)
    archive, store_watch = Archive(store), StoreWatch(store, writes=False)
    figures = Figures()
    hub = make_hub(settings, figures)
    watch = Watch(hub, heartbeat_seconds=settings.notifier_heartbeat_seconds, cut_seconds=settings.notifier_cut_seconds)
    encoder = Encoder(figures.skipped)
    marks = Marks()
    follower = Follower(settings.amqp_url, hub, encoder, marks, history_events=settings.notifier_history_events)
    figures.watch_log(follower.fault, follower.offset)
    fan_out: FanOut = Shared()
    if settings.notifier_fanout is FanOutKind.CLIENT_QUEUES:
        fan_out = ClientQueues(settings.amqp_url, hub, encoder, marks, instance=uuid4().hex[:12])
    checks = {
        "log": follower.fault,
        "draining": lambda: "about to stop" if hub.is_draining else None,
    }
    places = Places(
        all_clients=settings.notifier_max_streams,
        one_client=settings.notifier_max_streams_per_client,
        figures=figures,
    )
    door = Door(admission(settings, settings.allowed_origins), places, settings.allowed_origins, Tickets(marks))
    events = Events(hub, fan_out, archive, door, checks)
    for record in await archive.newest(settings.notifier_finished_jobs):
        hub.learn(record)
    # Without their queues clients miss nothing: the log feeds them. Without the store they miss only old jobs.
    concerns = {"queues": fan_out.fault, "store": store_watch.fault}
    figures.watch_checks({**checks, **concerns})
    health = health_routes(checks, concerns)
    app = create_app(events, make_routes(events, Listing(hub.jobs, archive), figures, health), door)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(each)
            for each in (
                hub.dispatch(),
                watch.keep_beating(),
                watch.keep_watch(),
                follower.run(),
                fan_out.run(),
                store_watch.run(),
            )
        ]
        await Server(app, farewell=hub.drain).serve_until(stop, listener)
        for task in running:
            task.cancel()


def make_hub(settings: NotifierSettings, figures: Figures) -> Hub:
    """The middle of it all."""
    history = History(max_events=settings.notifier_history_events, max_seconds=settings.notifier_history_seconds)
    jobs = Jobs(keep_finished=settings.notifier_finished_jobs)
    hub = Hub(history, jobs, figures, max_replay=settings.notifier_max_replay)
    figures.watch_streams(lambda: len(hub))
    return hub


if __name__ == "__main__":
    run_service("notifier", NotifierSettings, main)
