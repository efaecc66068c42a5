"""A container loses its network, and nobody is told.

Pass rule: those at a lost notifier are told all by the other one, while it is away; a broker that is back finds every
upload, every client and every job going on; in the end nothing is missing anywhere.
"""

import asyncio

import pytest

from tests.compose import Product
from tests.faults.containers.blows import parted
from tests.faults.containers.scene import on_stage

pytestmark = pytest.mark.timeout(400)


async def test_a_notifier_without_network(product: Product) -> None:
    async with on_stage(product) as scene:
        jobs = await scene.send(4)
        await scene.until_under_way(jobs)
        with parted(product, product.container("notifier"), "notifier"):
            await scene.send(2)
            await scene.until_told()
        await scene.judge()


async def test_a_broker_without_network(product: Product) -> None:
    async with on_stage(product) as scene:
        jobs = await scene.send(4)
        await scene.until_under_way(jobs)
        with parted(product, product.container("rabbitmq"), "rabbitmq"):
            sending = asyncio.ensure_future(scene.send(2))
            await scene.until_broker_is_missed()
        await sending
        await scene.judge()
