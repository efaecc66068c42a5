"""`python -m gateway`: the composition root."""

import asyncio
from datetime import timedelta

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
from gateway.figures import Figures
from gateway.idempotency import KeptUploads
from gateway.leaving import Leaving
from gateway.memory import keep_freed_memory
from gateway.observed import Observed
from gateway.quotas import Quota
from gateway.records import Records
from gateway.settings import GatewaySettings
from gateway.submission import Submissions
from gateway.tus.desk import TusDesk
from gateway.tus.files import Files
from gateway.tus.ledger import Ledger
from gateway.tus.places import receptacle_in
from gateway.tus.sweep import Sweep
from gateway.uploads import Limits, Uploads
from gateway.usage import UsageBook


async def main(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then: refuse uploads that are still on their way, end what is open, leave the broker."""
    keep_freed_memory()
    listener = listen(settings.host, settings.gateway_port, setting="STAGECAST_GATEWAY_PORT")
    leaving = Leaving()
    figures = Figures()
    broker, store = Broker(settings.amqp_url, figures), open_store(settings.store_url)
    watch = StoreWatch(store, writes=True)
    desk = make_desk(settings, store, broker, leaving)
    sweep = make_sweep(store, desk)
    checks = {"broker": broker.fault, "store": watch.fault}
    figures.watch_checks(checks)
    app = Observed(create_app(settings, desk, checks=checks, routes=[figures.route()]), figures)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(broker.run()), tasks.create_task(watch.run()), tasks.create_task(sweep.run())]
        await Server(Linger(app, leaving), farewell=leaving.farewell).serve_until(stop, listener)
        for task in running:
            task.cancel()


def make_desk(settings: GatewaySettings, store: ObjectStore, broker: Broker, leaving: Leaving) -> Desk:
    """What the routes work with."""
    source = f"/gateways/{uuid4().hex[:12]}"
    blobs, records = make_blobs(settings, store), Records(store)
    quota = Quota(files=settings.gateway_owner_files_a_day, size=settings.gateway_owner_bytes_a_day)
    submissions, kept, usage = Submissions(blobs, broker, source=source), KeptUploads(store), UsageBook(store, quota)
    limits = Limits(settings.gateway_max_files, settings.gateway_max_file_bytes)
    receptacle = receptacle_in(store, blobs, largest=settings.gateway_max_file_bytes)
    doors = admission(settings, settings.gateway_allowed_origins)
    return Desk(
        Uploads(blobs, submissions, kept, usage, leaving, limits=limits),
        blobs,
        records,
        Commands(records, broker, source=source),
        doors,
        usage,
        TusDesk(
            Files(Ledger(store), receptacle, blobs, submissions, kept, usage),
            doors,
            leaving,
            max_size=settings.gateway_max_file_bytes,
            expiry=timedelta(seconds=settings.gateway_upload_expiry_seconds),
            idle=settings.gateway_idle_seconds,
        ),
    )


def make_blobs(settings: GatewaySettings, store: ObjectStore) -> Blobs:
    """Raises BadSettingError: downloads cannot come from this store by links."""
    redirects = settings.gateway_artifacts == "redirect"
    if redirects and not signs_links(store):
        raise BadSettingError("STAGECAST_GATEWAY_ARTIFACTS: `redirect` needs a bucket, such as s3://bucket/prefix")
    return Blobs(store, largest=settings.gateway_max_file_bytes, redirects=redirects)


def make_sweep(store: ObjectStore, desk: Desk) -> Sweep:
    """What tidies up after the uploads of this desk."""
    return Sweep(Ledger(store), desk.tus.files, desk.usage, desk.tus.expiry)


if __name__ == "__main__":
    run_service("gateway", GatewaySettings, main)
