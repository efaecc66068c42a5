"""`stagecast dead …` as a process of its own, over a real broker, beside running processors."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr

from cli.dead_queue import RENEW_AFTER, dead_queue
from contracts.control import Cancellation
from contracts.events import encode
from contracts.job import Job, JobRequest
from contracts.record import JobRecord, decode_record
from contracts.state import JobState
from contracts.topology import DEAD_JOBS, JOBS, declare
from contracts.upload import Upload
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import send, submit, waiting
from tests.services import running_processor
from tests.stack import PROJECT, clean_environment


class Terminal:
    """Runs commands with the tests' broker and store."""

    def __init__(self, broker_url: str, store_url: str) -> None:
        self._settings = {"STAGECAST_AMQP_URL": broker_url, "STAGECAST_STORE_URL": store_url}

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "cli", *arguments),
            cwd=PROJECT,
            env={**clean_environment(), **self._settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate()
        return process.returncode or 0, out.decode(), errors.decode()

    async def listed(self) -> list[dict[str, Any]]:
        code, out, errors = await self.run("dead", "list", "--json")
        assert (code, errors) == (0, "")
        found = json.loads(out)
        assert isinstance(found, list)
        return found


@pytest.fixture
def terminal(broker_url: str, blobs: Path) -> Terminal:
    return Terminal(broker_url, blobs.as_uri())


async def accept(channel: AbstractChannel, blobs: Path, pipeline: str, content: bytes) -> str:
    """A job with the record that the gateway leaves."""
    job_id = await submit(channel, blobs, pipeline, content)
    upload = Upload(
        job=Job(id=job_id, name="a.txt", size=len(content), pipeline=pipeline), accepted_at=datetime.now(UTC)
    )
    (blobs / "jobs" / job_id / "upload.json").write_bytes(encode(upload))
    return job_id


async def count(channel: AbstractChannel) -> int | None:
    return (await channel.declare_queue(DEAD_JOBS.name, passive=True)).declaration_result.message_count


async def test_without_any_letter_there_is_none(terminal: Terminal, channel: AbstractChannel) -> None:
    assert await terminal.run("dead", "list") == (0, "none\n", "")
    await declare(channel, DEAD_JOBS)
    assert await terminal.listed() == []


async def test_a_failed_job_is_listed_shown_and_runs_again(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, terminal: Terminal
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "trouble"):
        job_id = await accept(channel, blobs, "trouble", b"permanent")
        await events.until("job.failed")
        await wait_until_async(lambda: _is(count(channel), 1), 10, what="the dead letter")
        [letter] = await terminal.listed()
        assert (letter["id"], letter["pipeline"], letter["name"]) == (job_id, "trouble", "a.txt")
        assert letter["reason"] == "this file is beyond repair"
        _, table, _ = await terminal.run("dead", "list")
        assert job_id in table
        assert "this file is beyond repair" in table
        code, shown, _ = await terminal.run("dead", "show", job_id, "--json")
        assert json.loads(json.loads(shown)[0]["body"])["job"]["id"] == job_id
        (blobs / "jobs" / job_id / "source").write_bytes(b"fine")
        code, out, errors = await terminal.run("dead", "replay", job_id)
        assert (code, out, errors) == (0, "replayed: 1\n", "")
        told = await events.until("job.completed")
    queued = [(event.data.attempt, event.data.sequence) for event in told if event.type == "job.queued"]
    assert queued == [(2, 0)]
    assert told[-1].data.attempt == 2
    assert await count(channel) == 0


async def test_a_replayed_job_is_queued_at_once_and_replayed_twice_it_runs_once(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, terminal: Terminal
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "trouble"):
        job_id = await accept(channel, blobs, "trouble", b"permanent")
        await events.until("job.failed")
        await wait_until_async(lambda: _is(count(channel), 1), 10, what="the dead letter")
    folder = blobs / "jobs" / job_id
    (folder / "source").write_bytes(b"fine")
    (folder / "cancelled.json").write_bytes(encode(Cancellation(asked_at=datetime.now(UTC))))
    dead = await channel.get_queue(DEAD_JOBS.name, ensure=False)
    letter = await dead.get()
    for _ in range(2):  # the first was killed before it took the letter out
        copy = aio_pika.Message(letter.body, headers=letter.headers)
        await channel.default_exchange.publish(copy, DEAD_JOBS.name)
        assert (await terminal.run("dead", "replay", job_id))[:2] == (0, "replayed: 1\n")
        record = decode_record((folder / "job.json").read_bytes())
        assert (record.state, record.attempt) == ("queued", 2)
        assert not (folder / "cancelled.json").exists()
    await letter.ack()
    assert await waiting(channel, "trouble") == 2
    async with running_processor(broker_url, blobs.as_uri(), "trouble"):
        await events.until("job.completed")
        await wait_until_async(lambda: _is(waiting(channel, "trouble"), 0), 10)
    assert events.told().count("job.started") == 2
    first, again = (event for event in events.heard if event.type == "job.queued")
    assert first == again


async def test_what_no_processor_offers_stays_and_its_record_too(
    blobs: Path, channel: AbstractChannel, terminal: Terminal
) -> None:
    await declare(channel, JOBS, DEAD_JOBS)
    job_id = "01939d5c-1111-7222-8333-123456789abc"
    job = Job(id=job_id, name="a.txt", size=1, pipeline="nobodys")
    failed = JobRecord(
        job=job, state=JobState.FAILED, attempt=1, sequence=2, queued_at=datetime.now(UTC), heard_at=datetime.now(UTC)
    )
    folder = blobs / "jobs" / job_id
    folder.mkdir(parents=True)
    (folder / "source").write_bytes(b"x")
    (folder / "job.json").write_bytes(encode(failed))
    body = encode(JobRequest(job=job, attempt=2, accepted_at=failed.queued_at))
    letter = aio_pika.Message(body, headers={"x-reason": "no"})
    await channel.default_exchange.publish(letter, DEAD_JOBS.name)
    code, _, errors = await terminal.run("dead", "replay", job_id)
    assert (code, errors) == (1, f"{job_id}: no processor has offered the pipeline 'nobodys'\n")
    assert decode_record((folder / "job.json").read_bytes()) == failed
    assert await count(channel) == 1


async def test_looking_loses_nothing_however_often(
    terminal: Terminal, broker_url: str, channel: AbstractChannel
) -> None:
    await declare(channel, DEAD_JOBS)
    for number in range(3):
        body = b"x" * 1_000_000 if number == 1 else f"{number}".encode()
        message = aio_pika.Message(body, headers={"x-reason": f"no job \x1b[31m{number}"})
        await channel.default_exchange.publish(message, DEAD_JOBS.name)
    first = await terminal.listed()
    for _ in range(RENEW_AFTER + 2):
        async with dead_queue(SecretStr(broker_url)) as dead:  # as `list` does, in a process of its own
            letters = [held.letter.as_json() async for held in dead.letters(100)]
        assert sorted(map(str, letters)) == sorted(map(str, first))
    assert sorted(map(str, await terminal.listed())) == sorted(map(str, first))
    assert await count(channel) == 3
    _, out, _ = await terminal.run("dead", "list", "--limit", "1")
    assert len(out.splitlines()) == 2
    assert "\x1b" not in out
    queue = await channel.get_queue(DEAD_JOBS.name, ensure=False)
    for _ in range(3):
        returns = (await queue.get()).headers.get("x-delivery-count", 0)
        assert isinstance(returns, int)
        assert returns <= RENEW_AFTER


async def test_letters_are_dropped_by_id_or_all_at_once(terminal: Terminal, channel: AbstractChannel) -> None:
    await declare(channel, DEAD_JOBS)
    for number in range(5):
        await channel.default_exchange.publish(aio_pika.Message(f"{number}".encode()), DEAD_JOBS.name)
    letters = await terminal.listed()
    code, out, errors = await terminal.run("dead", "drop", letters[3]["id"], "nothing")
    assert (code, out) == (1, "dropped: 1\n")
    assert "nothing: no dead letter has this id" in errors
    assert await terminal.listed() == [letter for letter in letters if letter != letters[3]]
    assert (await terminal.run("dead", "drop"))[0] == 1
    assert (await terminal.run("dead", "drop", "--all"))[0] == 1, "nobody is there to say yes"
    assert await count(channel) == 4
    assert (await terminal.run("dead", "drop", "--all", "--yes"))[:2] == (0, "dropped: 4\n")
    assert await count(channel) == 0


async def test_what_cannot_run_again_stays_and_says_why(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, terminal: Terminal
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "trouble"):
        gone = await submit(channel, blobs, "trouble", None)
        await send(channel, "trouble", b"no job")
        await events.until("job.failed")
        await wait_until_async(lambda: _is(count(channel), 2), 10, what="both letters")
        code, out, errors = await terminal.run("dead", "replay", "--all")
    assert (code, out) == (1, "replayed: 0\n")
    assert f"{gone}: its file is no longer in the store" in errors
    assert "does not say for which pipeline" in errors
    assert await count(channel) == 2


async def test_a_job_that_the_broker_gave_up_runs_again(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, terminal: Terminal
) -> None:
    job_id = await accept(channel, blobs, "count", b"x")
    queue = await channel.get_queue("jobs.count")
    while (message := await queue.get(fail=False)) is not None:
        await message.nack(requeue=True)
    await wait_until_async(lambda: _is(count(channel), 1), 10, what="the broker gives it up")
    [letter] = await terminal.listed()
    assert letter["id"] == job_id
    assert "never acknowledged" in letter["reason"]
    assert letter["died_at"]
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        assert (await terminal.run("dead", "replay", "--all"))[0] == 0
        await events.until("job.completed")


async def test_a_broker_that_is_away_is_said(blobs: Path) -> None:
    code, _, errors = await Terminal("amqp://127.0.0.1:1/", blobs.as_uri()).run("dead", "list")
    assert code == 1
    assert "no broker answers at 127.0.0.1:1" in errors


async def test_prune_is_a_command(terminal: Terminal, blobs: Path) -> None:
    code, out, _ = await terminal.run("prune", "--older-than", "30d", "--dry-run")
    assert (code, out) == (0, f"would remove 0 jobs, 0 bytes, 0 keys (in {blobs.as_uri()})\n")
    code, _, errors = await terminal.run("prune", "--older-than", "soon")
    assert code == 1
    assert "write it as" in errors


async def _is(counting: Any, wanted: int) -> bool:
    return bool(await counting == wanted)
