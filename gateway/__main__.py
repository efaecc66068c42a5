"""`python -m gateway`: the composition root."""

import asyncio

from uuid_utils import uuid4

from contracts.blobs import open_store
from contracts.owners import Owners
from contracts.server import Server, listen
from contracts.service import run_service
from gateway.app import Desk, create_app
from gateway.blobs import Blobs
from gateway.body import Linger
from gateway.broker import Broker
from gateway.commands import Commands
from gateway.figures import Figures
from gateway.idempotency import KeptUploads
from gateway.leaving import Leaving
from gateway.memory import keep_freed_memory
from gateway.observed import Observed
from gateway.records import Records
from gateway.settings import GatewaySettings
from gateway.uploads import Uploads


async def main(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then: refuse uploads that are still on their way, end what is open, leave the broker."""
    keep_freed_memory()
    listener = listen(settings.host, settings.gateway_port, setting="STAGECAST_GATEWAY_PORT")
    leaving = Leaving()
    store, source = open_store(settings.store_url), f"/gateways/{uuid4().hex[:12]}"
    figures = Figures()
    blobs, records, broker = Blobs(store), Records(store), Broker(settings.amqp_url, figures)
    desk = Desk(
        Uploads(blobs, broker, KeptUploads(store), leaving, source=source, max_files=settings.gateway_max_files),
        blobs,
        records,
        Commands(records, broker, source=source),
        Owners(settings.secret),
    )
    app = Observed(create_app(settings, desk, checks={"broker": broker.fault}, routes=[figures.route()]), figures)
    async with asyncio.TaskGroup() as tasks:
        connecting = tasks.create_task(broker.run())
        await Server(Linger(app, leaving), farewell=leaving.farewell).serve_until(stop, listener)
        connecting.cancel()


if __name__ == "__main__":
    run_service("gateway", GatewaySettings, main)
