"""Three broker nodes, two of each service, files in a bucket: nodes die under load, and nothing confirmed is lost.

Pass rule: every upload that was answered 202 ends completed, and every client that came back whenever its stream ended
was told all of it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from docker.models.containers import Container

from contracts.events import Event, decode_event
from tests.compose import Product, running_product
from tests.e2e.visitor import unique
from tests.ground import wait_until_async
from tests.streams import Frame, Story, listening

pytestmark = pytest.mark.timeout(900)

NODES = ("rabbitmq", "rabbitmq-2", "rabbitmq-3")
OVERLAYS = ("deploy/cluster/compose.yml", "deploy/cluster/stand-in.yml")
CLIENTS = 6
NODE_SECONDS = 180
END_SECONDS = 240


@pytest.fixture(scope="module")
def cluster(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("cluster")
    with running_product(folder, *OVERLAYS, STAGECAST_STORE_URL="s3://stagecast/blobs") as running:
        yield running


class WrongStoryError(Exception):
    """A job went backwards, or is gone."""


@dataclass
class Load:
    """Uploads, one after another."""

    product: Product
    accepted: list[str] = field(default_factory=list)
    refused: int = 0

    async def run(self) -> None:
        async with httpx.AsyncClient(base_url=self.product.url, timeout=60) as client:
            while True:
                await self._upload(client)
                await asyncio.sleep(0.3)

    async def more(self, count: int) -> None:
        """Wait until so many more were accepted."""
        goal = len(self.accepted) + count
        await wait_until_async(lambda: len(self.accepted) >= goal, NODE_SECONDS, what=f"{count} more accepted uploads")

    async def _upload(self, client: httpx.AsyncClient) -> None:
        try:
            answer = await client.post("/upload", files={"file": (unique("load.txt"), b"Some words.\n")})
        except httpx.TransportError:
            self.refused += 1
            return
        if answer.status_code == 202:
            self.accepted.append(answer.json()["jobs"][0]["id"])
        else:
            assert answer.status_code in {502, 503}, answer.text
            self.refused += 1


@dataclass
class Client:
    """Comes back with its cursor whenever its stream ends, as a browser does."""

    product: Product
    story: Story = field(default_factory=Story)
    cursor: str = ""

    async def run(self) -> None:
        while True:
            try:
                async with listening(self.product.url, last_event_id=self.cursor) as stream:
                    while True:
                        self._take(await stream.frame())
                        self.cursor = stream.last_event_id
            except (httpx.TransportError, AssertionError, StopAsyncIteration, TimeoutError):
                await asyncio.sleep(0.5)

    def _take(self, frame: Frame) -> None:
        try:
            self.story.take(frame)
        except AssertionError as error:  # a refused stream is one too, and may be asked for again
            raise WrongStoryError from error

    def has_seen_end_of(self, jobs: list[str]) -> bool:
        known = self.story.jobs
        return all(job_id in known and known[job_id].state.is_terminal for job_id in jobs)


@asynccontextmanager
async def running(*workers: Load | Client) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
        assert not [task for task in tasks if task.done()], [task.exception() for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_every_queue_and_the_log_have_three_replicas(cluster: Product) -> None:
    await asyncio.to_thread(cluster.upload, unique("first.txt"))
    replicas = await asyncio.to_thread(replicas_of, cluster)
    assert {name: len(members) for name, members in replicas.items()} == dict.fromkeys(replicas, 3)
    assert {"events.log", "jobs.inspect", "jobs.dead"} <= set(replicas)


async def test_nodes_die_one_after_another_and_nothing_confirmed_is_lost(cluster: Product) -> None:
    load, clients = Load(cluster), [Client(cluster) for _ in range(CLIENTS)]
    async with running(*clients):
        async with running(load):
            await load.more(5)
            for _ in range(2):
                node = await asyncio.to_thread(leader_of, cluster, "events.log")
                await is_not_needed(cluster, node)
                cluster.container(node).kill()
                await load.more(8)
                cluster.container(node).start()
                await is_back(cluster, node)
                await load.more(5)
        await wait_until_async(
            lambda: all(client.has_seen_end_of(load.accepted) for client in clients), END_SECONDS, what="every end"
        )
    states = {job_id: await asyncio.to_thread(cluster.state, job_id) for job_id in load.accepted}
    assert states == dict.fromkeys(load.accepted, "completed")
    told = await all_told(cluster, load.accepted)
    for client in clients:
        assert client.story.missed(told) == []


def replicas_of(product: Product) -> dict[str, list[str]]:
    command = ("rabbitmqctl", "-q", "list_queues", "name", "type", "members", "--formatter", "json")
    queues = json.loads(product.inside(a_running(product), *command))
    return {queue["name"]: queue["members"] for queue in queues if queue["type"] in {"quorum", "stream"}}


def leader_of(product: Product, queue: str) -> str:
    """The node, as its container is called."""
    command = ("rabbitmqctl", "-q", "list_queues", "name", "leader", "--formatter", "json")
    queues = json.loads(product.inside(a_running(product), *command))
    return str(next(each["leader"] for each in queues if each["name"] == queue).removeprefix("rabbit@"))


def a_running(product: Product) -> Container:
    return next(each for name in NODES for each in product.containers(name) if each.status == "running")


async def is_not_needed(product: Product, node: str) -> None:
    """Wait until the others have a majority without it."""
    check = ["rabbitmq-diagnostics", "-q", "check_if_node_is_quorum_critical"]

    async def passes() -> bool:
        return bool((await asyncio.to_thread(product.container(node).exec_run, check)).exit_code == 0)

    await wait_until_async(passes, NODE_SECONDS, what=f"a majority without {node}")


async def is_back(product: Product, node: str) -> None:
    await wait_until_async(
        lambda: product.container(node).health == "healthy", NODE_SECONDS, what=f"the return of {node}"
    )


async def all_told(product: Product, jobs: list[str]) -> list[Event]:
    """All that the log has of these jobs."""
    told: list[Event] = []
    ended: set[str] = set()
    async with listening(product.url, since="1h") as stream, asyncio.timeout(END_SECONDS):
        while not ended >= set(jobs):
            frame = await stream.frame()
            if frame.event == "message":
                told.append(decode_event(frame.data.encode()))
                if told[-1].type == "job.completed":
                    ended.add(told[-1].subject)
    return [event for event in told if event.subject in set(jobs)]
