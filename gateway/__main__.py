"""`python -m gateway`: the composition root."""

import asyncio

from obstore.store import ObjectStore
from uuid_utils import uuid4

from contracts.access.admission import admission
from contracts.blobs import open_store
from contracts.errors import BadSettingError
from contracts.server import Server, listen
from contracts.service import run_service
from contracts.store_watch import StoreWatch
from gateway.app import Desk, create_app
from gateway.blobs import Blobs, signs_links
from gateway.body import Linger
from gateway.broker import Broker
from gateway.commands import Commands
from gateway.idempotency import KeptUploads
from gateway.leaving import Leaving
from gateway.memory import keep_freed_memory
from gateway.records import Records
from gateway.settings import GatewaySettings
from gateway.uploads import Uploads


async def main(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then: refuse uploads that are still on their way, end what is open, leave the broker."""
    keep_freed_memory()
    listener = listen(settings.host, settings.gateway_port, setting="STAGECAST_GATEWAY_PORT")
    leaving = Leaving()
    broker, store = Broker(settings.amqp_url), open_store(settings.store_url)
    watch = StoreWatch(store, writes=True)
    desk = make_desk(settings, store, broker, leaving)
    app = create_app(settings, desk, checks={"broker": broker.fault, "store": watch.fault})
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(broker.run()), tasks.create_task(watch.run())]
        await Server(Linger(app, leaving), farewell=leaving.farewell).serve_until(stop, listener)
        for task in running:
            task.cancel()


def make_desk(settings: GatewaySettings, store: ObjectStore, broker: Broker, leaving: Leaving) -> Desk:
    """What the routes work with."""
    source = f"/gateways/{uuid4().hex[:12]}"
    redirects = settings.gateway_artifacts == "redirect"
    if redirects and not signs_links(store):
        raise BadSettingError("STAGECAST_GATEWAY_ARTIFACTS: `redirect` needs a bucket, such as s3://bucket/prefix")
    blobs = Blobs(store, largest=settings.gateway_max_upload_bytes, redirects=redirects)
    records = Records(store)
    return Desk(
        Uploads(blobs, broker, KeptUploads(store), leaving, source=source, max_files=settings.gateway_max_files),
        blobs,
        records,
        Commands(records, broker, source=source),
        admission(settings, settings.gateway_allowed_origins),
    )


if __name__ == "__main__":
    run_service("gateway", GatewaySettings, main)
