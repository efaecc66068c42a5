"""A cluster's addresses, one of which nobody answers at."""

import asyncio
import subprocess
import sys

import httpx
import pytest
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr

from contracts.broker import connect
from contracts.settings import SharedSettings
from tests.integration.conftest import Listener
from tests.services import free_port, running_gateway, running_notifier, running_processor
from tests.stack import PROJECT, clean_environment


@pytest.fixture
def nodes(broker_url: str) -> str:
    """A node that is away, and one that answers."""
    return f"amqp://guest:guest@127.0.0.1:{free_port()}/tests,{broker_url}"


async def test_a_node_that_is_away_keeps_nobody_from_work(
    nodes: str, blobs: object, channel: AbstractChannel, events: Listener
) -> None:
    store_url = f"file://{blobs}"
    async with (
        running_processor(nodes, store_url, "count"),
        running_notifier(nodes, store_url=store_url),
        running_gateway(nodes, store_url) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.put("/upload/a.txt", content=b"x", params={"pipeline": "count"})
        assert answer.status_code == 202, answer.text
        await events.until("job.completed")


async def test_each_connection_finds_the_node_that_answers(nodes: str) -> None:
    for _ in range(8):  # whichever is tried first
        async with await connect(SecretStr(nodes), name="test") as connection:
            assert not connection.is_closed


async def test_where_no_node_answers_the_last_error_is_said() -> None:
    away = ",".join(f"amqp://guest:guest@127.0.0.1:{free_port()}/" for _ in range(3))
    with pytest.raises(OSError, match="Connect call failed"):
        await connect(SecretStr(away), name="test")


@pytest.mark.parametrize("command", [["answers"], ["dead", "list"]])
async def test_the_terminal_asks_all_nodes(
    nodes: str, channel: AbstractChannel, events: Listener, command: list[str]
) -> None:
    environment = {**clean_environment(), "STAGECAST_AMQP_URL": nodes}
    asked = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cli", *command],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked


def test_one_wrong_address_among_several_is_said() -> None:
    with pytest.raises(ValueError, match="one for each node, between commas"):
        SharedSettings(amqp_url=SecretStr("amqp://a/,http://b/"))
