"""A container dies while jobs are at work.

Pass rule: it comes back by itself; every upload is taken in the end; every client is told every event of every job, and
every job has completed with its artifacts.
"""

import asyncio

import pytest

from tests.compose import ALL, Product
from tests.faults.containers.blows import crash
from tests.faults.containers.scene import Halfway, on_stage

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("service", ALL)
async def test_a_container_that_is_killed(product: Product, service: str) -> None:
    async with on_stage(product) as scene:
        jobs = await scene.send(4)
        await scene.until_under_way(jobs)
        sending = asyncio.ensure_future(scene.send(2))
        await asyncio.to_thread(crash, product.container(service))
        await sending
        await scene.judge()


async def test_gateways_that_are_killed_during_an_upload(product: Product) -> None:
    async with on_stage(product) as scene:
        halfway = Halfway()
        sending = asyncio.ensure_future(scene.send_slowly(halfway))
        await halfway.reached.wait()
        for gateway in product.containers("gateway"):
            await asyncio.to_thread(crash, gateway)
        halfway.go_on.set()
        await sending
        await scene.judge()
