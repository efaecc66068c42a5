"""What every test of faults in containers has: clients who watch, somebody who uploads, and a judgement at the end."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
from docker.models.containers import Container

from contracts.events import Event
from contracts.record import JobRecord, decode_record
from contracts.state import JobState
from tests.compose import Product
from tests.faults.containers.audience import Client, audience, waiting_for
from tests.faults.containers.log import read_log
from tests.faults.containers.verdict import check_client, check_log
from tests.ground import wait_until_async

BROKER_PASSWORD = "known-to-the-tests"
TRY_AGAIN = {502, 503, 504}
SECONDS = 150  # for whatever must come about in the end, on a machine that has other work


@dataclass
class Halfway:
    """An upload that waits in its middle, the first time that it is sent."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def pieces(self, content: bytes) -> AsyncIterator[bytes]:
        yield content[: len(content) // 2]
        self.reached.set()
        await self.go_on.wait()
        yield content[len(content) // 2 :]


@dataclass
class Scene:
    """A stack, its clients, and what was uploaded: each job's content by its id."""

    product: Product
    clients: list[Client]
    sent: dict[str, bytes] = field(default_factory=dict)

    async def send(self, count: int = 1) -> set[str]:
        """Upload so many files at once; gives the ids that were answered with 202."""
        return set(await asyncio.gather(*(self._send() for _ in range(count))))

    async def send_slowly(self, halfway: Halfway) -> set[str]:
        return {await self._send(halfway.pieces)}

    async def _send(self, pieces: Callable[[bytes], AsyncIterator[bytes]] | None = None) -> str:
        """As a careful program does: again, with the same key, until it is answered."""
        content, key = os.urandom(10_000), uuid4().hex
        async with httpx.AsyncClient(base_url=self.product.url, timeout=30) as http, asyncio.timeout(SECONDS):
            while True:
                try:
                    answer = await http.put(
                        "/upload/a.bin",
                        params={"pipeline": "drawn-out"},
                        content=pieces(content) if pieces else content,
                        headers={"Idempotency-Key": key},
                    )
                    if answer.status_code not in TRY_AGAIN:
                        break
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.5)
        assert answer.status_code == 202, answer.text
        job_id = str(answer.json()["jobs"][0]["id"])
        self.sent[job_id] = content
        return job_id

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        await wait_until_async(condition, SECONDS, what=what)

    async def until_under_way(self, jobs: set[str]) -> None:
        """Until a client sees the first stage of each at work."""
        await self.until(lambda: jobs <= self.clients[0].under_way, "jobs at work")

    async def until_recorded(self, jobs: set[str]) -> None:
        """Until the records of these jobs say that they have completed, whatever clients can see of it."""
        processor = self.product.containers("processor")[-1]

        async def recorded() -> bool:
            records = [await asyncio.to_thread(self._record, processor, job_id) for job_id in jobs]
            return {record.state for record in records} == {JobState.COMPLETED}

        await wait_until_async(recorded, SECONDS, what="completed records")

    async def until_broker_is_missed(self) -> None:
        """Until every client was told that the broker is away."""
        for client in self.clients:
            client.comments.clear()
        away = "broker is away"
        await self.until(lambda: all(any(away in said for said in each.comments) for each in self.clients), away)

    async def until_told(self) -> None:
        """Until every client was told the end of every job."""
        jobs = set(self.sent)
        try:
            await self.until(lambda: waiting_for(self.clients, jobs) == 0, "all ends told to all clients")
        except TimeoutError:
            lacking = [len(jobs - client.ended) for client in self.clients]
            raise AssertionError(
                f"ends that clients were not told: {lacking}\n{self.product.logs()[-8_000:]}"
            ) from None

    async def judge(self) -> None:
        """Wait for the ends; then compare what each client was told with the log, and what was made with its record."""
        await self.until_told()
        jobs, told = set(self.sent), [list(client.told) for client in self.clients]
        log = await self._log()
        check_log(log, jobs)
        # Even what a processor says too late, when another has long ended the job.
        await self.until(lambda: not any(client.story.missed(log) for client in self.clients), "all of the log, told")
        for client, events in zip(self.clients, told, strict=True):
            check_client(client, events, log, jobs)
        processor = self.product.container("processor")
        async with httpx.AsyncClient(base_url=self.product.url, timeout=30) as http:
            for job_id, content in self.sent.items():
                record = await asyncio.to_thread(self._record, processor, job_id)
                await check_artifacts(http, record, content)

    def _record(self, processor: Container, job_id: str) -> JobRecord:
        """As it is in the store."""
        return decode_record(self.product.inside(processor, "cat", f"/srv/blobs/jobs/{job_id}/job.json").encode())

    async def _log(self) -> list[Event]:
        """What the broker has of these jobs."""
        port = (await asyncio.to_thread(self.product.run, "port", "rabbitmq", "5672")).strip().rpartition(":")[2]
        async with asyncio.timeout(SECONDS):
            log = await read_log(f"amqp://stagecast:{BROKER_PASSWORD}@127.0.0.1:{port}/")
        return [event for event in log if event.subject in self.sent]


async def check_artifacts(http: httpx.AsyncClient, record: JobRecord, content: bytes) -> None:
    """They are what the record says, nothing is beside them, and no two attempts are mixed in them."""
    assert record.state is JobState.COMPLETED
    folder, made = f"/jobs/{record.job.id}/artifacts", {}
    for artifact in record.artifacts:
        made[artifact.name] = (await http.get(f"{folder}/{artifact.name}")).raise_for_status().content
        assert hashlib.sha256(made[artifact.name]).hexdigest() == artifact.sha256, (folder, artifact)
    assert made.keys() == {"copy.bin", "thrown.bin", "sum.txt"}
    assert made["copy.bin"] == content
    assert made["sum.txt"].decode() == hashlib.sha256(content + made["thrown.bin"]).hexdigest()


@asynccontextmanager
async def on_stage(product: Product, clients: int = 6) -> AsyncIterator[Scene]:
    """Clients who have begun, before anything happens."""
    async with audience(product.url, clients) as watching:
        scene = Scene(product, watching)
        await scene.until(lambda: all(client.story.reasons for client in watching), "a snapshot for every client")
        yield scene
