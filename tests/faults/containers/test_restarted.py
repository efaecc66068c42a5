"""Upgrades: everything is restarted while people work.

Pass rule: every upload that was answered with 202 completes, and every client is told every event of it, and of the
end of its stream before it comes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.compose import ALL, Product
from tests.faults.containers.blows import restart
from tests.faults.containers.scene import Scene, on_stage

pytestmark = pytest.mark.timeout(600)
PAUSE = 1.5  # seconds between uploads: what two processors can do
MOST = 120  # uploads


@asynccontextmanager
async def load(scene: Scene) -> AsyncIterator[None]:
    """Somebody uploads all the time, until the end of the block."""
    is_over = asyncio.Event()

    async def upload() -> None:
        for _ in range(MOST):
            await scene.send()
            try:
                await asyncio.wait_for(is_over.wait(), PAUSE)
            except TimeoutError:
                continue
            return

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(upload())
        yield
        is_over.set()


async def test_a_broker_that_is_restarted_under_load(product: Product) -> None:
    async with on_stage(product) as scene:
        async with load(scene):
            await scene.until_under_way(await scene.send(2))
            await asyncio.to_thread(restart, product.container("rabbitmq"))
            await asyncio.to_thread(product.wait_healthy)
            await scene.until_under_way(await scene.send(2))
        await scene.judge()


async def test_everything_is_restarted_one_after_the_other_under_load(product: Product) -> None:
    async with on_stage(product) as scene:
        async with load(scene):
            await scene.until_under_way(await scene.send(2))
            for container in [each for service in ALL for each in product.containers(service)]:
                await asyncio.to_thread(restart, container)
                await asyncio.to_thread(product.wait_healthy)
        await scene.judge()
        assert all(client.farewells for client in scene.clients)
