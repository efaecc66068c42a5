"""One of two notifiers dies under its clients, 200 on each.

Pass rule: every one of the 400 is told every event of every job, by the other one.
"""

import asyncio

import pytest

from tests.compose import Product
from tests.faults.containers.blows import killed
from tests.faults.containers.scene import on_stage

pytestmark = pytest.mark.timeout(600)
EACH = 200


async def test_one_of_two_notifiers_is_killed(product: Product) -> None:
    async with on_stage(product, clients=2 * EACH) as scene:
        notifiers = product.containers("notifier")
        shares = [await asyncio.to_thread(product.figure, each, "stagecast_notifier_streams") for each in notifiers]
        assert shares == [EACH, EACH]
        jobs = await scene.send(4)
        await scene.until_under_way(jobs)
        with killed(notifiers[0]):
            await scene.send(4)
            await scene.until_told()
            assert await asyncio.to_thread(product.figure, notifiers[1], "stagecast_notifier_streams") == 2 * EACH
        await scene.judge()
