"""`python -m processor`: the composition root."""

import asyncio

from starlette.applications import Starlette
from uuid_utils import uuid4

from contracts.blobs import open_store
from contracts.errors import BadSettingError
from contracts.server import Server, health_routes, listen
from contracts.service import run_service
from contracts.store_watch import StoreWatch
from processor.broker import Announcements, JobQueues
from processor.catalogue import load_catalogue
from processor.errors import BadPipelineError
from processor.figures import Figures
from processor.process_pool import ProcessPool
from processor.settings import ProcessorSettings
from processor.stage_process import warm_up
from processor.stops import Stops
from processor.turn import Means
from processor.worker import Worker
from processor.workers import Workers
from processor.workshop import Workshop


async def main(settings: ProcessorSettings, stop: asyncio.Event) -> None:
    """Work until `stop`, then: take no more jobs, let running ones end for a while, hand back the rest."""
    listener = listen(settings.host, settings.processor_port, setting="STAGECAST_PROCESSOR_PORT")
    try:
        catalogue = load_catalogue(settings.processor_pipelines)
    except BadPipelineError as error:
        raise BadSettingError(f"STAGECAST_PROCESSOR_PIPELINES: {error}") from error
    store, stops = open_store(settings.store_url), Stops()
    watch = StoreWatch(store, writes=True)
    figures = Figures()
    figures.offers(catalogue)
    announcements = Announcements(settings.amqp_url, figures)
    pool = ProcessPool(settings.processor_concurrency)
    means = Means(Workshop(store, settings.store_url, settings.processor_workdir, pool), announcements, stops)
    worker = Worker(catalogue, store, means, source=f"/processors/{uuid4().hex[:12]}")
    workers = Workers(
        worker,
        stops,
        figures,
        concurrency=settings.processor_concurrency,
        grace_seconds=settings.processor_grace_seconds,
    )
    queues = JobQueues(settings.amqp_url, [offer.pipeline for offer in catalogue.values()], workers, stops)
    warm_up(offer.module for offer in catalogue.values())

    async def farewell() -> None:
        await queues.stop_taking()
        await workers.finish()

    async def consume() -> None:
        await watch.usable.wait()  # to a bucket that is not there every job would look as if its file were gone
        await queues.run()

    checks = {
        "jobs": queues.fault,
        "events": announcements.fault,
        "store": lambda: worker.patience.fault() or watch.fault(),
    }
    concerns = {"acknowledgement timeout": queues.concern}
    figures.watch_checks({**checks, **concerns})
    app = Starlette(routes=[*health_routes(checks, concerns), figures.route()])
    async with pool, asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(announcements.run())
        watching = tasks.create_task(watch.run())
        consuming = tasks.create_task(consume())
        await Server(app, farewell=farewell).serve_until(stop, listener)
        for task in (consuming, watching, publishing):
            task.cancel()


if __name__ == "__main__":
    run_service("processor", ProcessorSettings, main)
