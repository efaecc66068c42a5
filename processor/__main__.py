"""`python -m processor`: the composition root."""

import asyncio

from starlette.applications import Starlette
from uuid_utils import uuid4

from contracts.blobs import open_store
from contracts.errors import BadSettingError
from contracts.server import Server, health_routes, listen
from contracts.service import run_service
from processor.attempt import Workshop
from processor.broker import Announcements, JobQueues
from processor.catalogue import load_catalogue
from processor.errors import BadPipelineError
from processor.figures import Figures
from processor.settings import ProcessorSettings
from processor.stage_process import warm_up
from processor.stops import Stops
from processor.turn import Means
from processor.worker import Worker
from processor.workers import Workers


async def main(settings: ProcessorSettings, stop: asyncio.Event) -> None:
    """Work until `stop`, then: take no more jobs, let running ones end for a while, hand back the rest."""
    listener = listen(settings.host, settings.processor_port, setting="STAGECAST_PROCESSOR_PORT")
    try:
        catalogue = load_catalogue(settings.processor_pipelines)
    except BadPipelineError as error:
        raise BadSettingError(f"STAGECAST_PROCESSOR_PIPELINES: {error}") from error
    store, stops = open_store(settings.store_url), Stops()
    figures = Figures()
    announcements = Announcements(settings.amqp_url, figures)
    means = Means(Workshop(store, settings.store_url, settings.processor_workdir), announcements, stops)
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

    checks = {"jobs": queues.fault, "events": announcements.fault, "store": worker.patience.fault}
    app = Starlette(routes=[*health_routes(checks, {"acknowledgement timeout": queues.concern}), figures.route()])
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(announcements.run())
        consuming = tasks.create_task(queues.run())
        await Server(app, farewell=farewell).serve_until(stop, listener)
        consuming.cancel()
        publishing.cancel()


if __name__ == "__main__":
    run_service("processor", ProcessorSettings, main)
