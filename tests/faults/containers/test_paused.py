"""A container freezes while jobs are at work, and goes on later as if nothing had been.

Pass rule: jobs complete meanwhile, if only one of two is frozen; in the end every client was told every event of every
job, every job has completed once, and its artifacts are those of one attempt.
"""

import asyncio

import pytest

from tests.compose import Product
from tests.faults.containers.blows import paused
from tests.faults.containers.scene import on_stage

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("service", ["gateway", "processor", "notifier", "edge"])
async def test_a_container_that_freezes(product: Product, service: str) -> None:
    async with on_stage(product) as scene:
        jobs = await scene.send(4)
        await scene.until_under_way(jobs)
        with paused(product.container(service)):
            sending = asyncio.ensure_future(scene.send(2))  # who reaches what is frozen waits
            await scene.until_recorded(jobs)
        await sending
        await scene.judge()


async def test_a_broker_that_freezes(product: Product) -> None:
    async with on_stage(product) as scene:
        jobs = await scene.send(4)
        await scene.until_under_way(jobs)
        with paused(product.container("rabbitmq")):
            sending = asyncio.ensure_future(scene.send(2))
            await scene.until_broker_is_missed()
        await sending
        await scene.judge()
