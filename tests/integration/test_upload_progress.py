"""Those who look on see a file on its way, if its sender wants that."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.events import UploadProgressed
from tests.integration.conftest import Listener
from tests.integration.test_resumable_uploads import TUS, at, metadata
from tests.services import running_gateway, running_notifier

CONTENT = bytes(5_000_000)


@pytest.fixture
async def gateway(
    broker_url: str, blobs: Path, inspect_queue: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr("gateway.progress.SECONDS_BETWEEN", 0)
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


def progress_in(events: Listener) -> list[UploadProgressed]:
    return [event for event in events.heard if isinstance(event, UploadProgressed)]


@pytest.mark.parametrize("how", ["PUT", "POST", "tus"])
async def test_progress_is_told_before_the_job(gateway: httpx.AsyncClient, events: Listener, how: str) -> None:
    if how == "PUT":
        await gateway.put("/upload/a.bin?progress=1", content=CONTENT)
    elif how == "POST":
        await gateway.post("/upload?progress=1", files={"file": ("a.bin", CONTENT)})
    else:
        sent = TUS | {"Upload-Length": str(len(CONTENT))} | metadata(filename="a.bin", progress="1")
        url = (await gateway.post("/files", headers=sent)).headers["location"]
        for offset in range(0, len(CONTENT), 2_500_000):
            await gateway.patch(url, content=CONTENT[offset : offset + 2_500_000], headers=TUS | at(offset))
    [*_, queued] = await events.until("job.queued")
    told = progress_in(events)
    assert told
    assert {event.subject for event in told} == {queued.subject}
    assert {event.data.job.name for event in told} == {"a.bin"}
    places = [(event.data.attempt, event.data.sequence) for event in events.heard]
    assert places == sorted(set(places))
    if how == "POST":
        assert all(event.data.progress is None for event in told)
    else:
        assert [event.data.progress for event in told] == [event.data.received / len(CONTENT) for event in told]


async def test_nobody_is_told_who_was_not_meant_to(gateway: httpx.AsyncClient, events: Listener) -> None:
    await gateway.put("/upload/a.bin", content=CONTENT)
    await events.until("job.queued")
    assert events.told() == ["job.queued"]


async def test_a_client_sees_it_and_a_snapshot_does_not(
    gateway: httpx.AsyncClient, broker_url: str, events: Listener
) -> None:
    async with (
        running_notifier(broker_url) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
        client.stream("GET", "/events", params={"format": "text"}) as stream,
    ):
        lines = stream.aiter_lines()
        await anext(lines)

        async def half() -> AsyncIterator[bytes]:
            yield CONTENT[: len(CONTENT) // 2]
            await events.until("upload.progressed")
            assert "job.queued" not in events.told()
            jobs: Any = (await client.get("/jobs")).json()
            assert jobs["jobs"] == []
            yield CONTENT[len(CONTENT) // 2 :]

        headers = {"Content-Length": str(len(CONTENT))}
        await gateway.put("/upload/a.bin?progress=1", content=half(), headers=headers)
        async for line in lines:
            if line.startswith("data: file: a.bin: upload: "):
                assert line.endswith(" %")
                return
