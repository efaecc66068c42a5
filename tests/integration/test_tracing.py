"""A trace from an upload's request to the last event of its job, over a real broker, with the SDK's own exporter."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import aio_pika
import httpx
import pytest
import structlog
from aio_pika.abc import AbstractChannel, AbstractQueue
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from contracts.events import decode_event
from contracts.logs import configure_logs
from contracts.topology import EVENT_TOPOLOGY, EVENTS, declare
from tests.integration.conftest import ENDS, Listener
from tests.services import running_gateway, running_processor

TRACE_ID, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE_ID}-{CALLER}-01"


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    """A process has one provider, once and for all; the others' tests are recorded by nobody."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


@pytest.fixture
def recorded(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    exporter.clear()
    return exporter


@pytest.fixture
async def messages(channel: AbstractChannel) -> AbstractQueue:
    """Every event with its headers, from now on."""
    await declare(channel, *EVENT_TOPOLOGY)
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(EVENTS.name)
    return queue


async def headers_of(queue: AbstractQueue) -> dict[str, str]:
    """`traceparent` of each event up to a job's last, by type."""
    found: dict[str, str] = {}
    async with queue.iterator(timeout=60) as coming:
        async for message in coming:
            await message.ack()
            event = decode_event(message.body)
            found[event.type] = str(message.headers["traceparent"])
            if event.type in ENDS:
                break
    return found


async def send(gateway: str, pipeline: str, content: bytes) -> str:
    async with httpx.AsyncClient(base_url=gateway) as client:
        answer = await client.put(
            f"/upload/a.txt?pipeline={pipeline}", content=content, headers={"traceparent": TRACEPARENT}
        )
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["jobs"][0]["id"]
    return job_id


def span(spans: tuple[ReadableSpan, ...], name: str) -> ReadableSpan:
    [found] = [each for each in spans if each.name == name]
    return found


def parent_of(child: ReadableSpan) -> str:
    assert child.parent is not None
    return trace.format_span_id(child.parent.span_id)


def id_of(span: ReadableSpan) -> str:
    return trace.format_span_id(span.context.span_id)


async def test_a_job_is_one_trace(
    recorded: InMemorySpanExporter, broker_url: str, blobs: Path, messages: AbstractQueue
) -> None:
    store = blobs.as_uri()
    async with running_processor(broker_url, store, "count"), running_gateway(broker_url, store) as gateway:
        job_id = await send(gateway, "count", b"x" * 5_000)
        headers = await headers_of(messages)
    spans = recorded.get_finished_spans()
    assert {trace.format_trace_id(each.context.trace_id) for each in spans} == {TRACE_ID}
    upload, publish, attempt = (span(spans, name) for name in ("upload", "publish", "job attempt"))
    assert [parent_of(each) for each in (upload, publish, attempt)] == [CALLER, id_of(upload), id_of(publish)]
    assert [parent_of(span(spans, f"stage {name}")) for name in ("measure", "repeat")] == [id_of(attempt)] * 2
    assert attempt.attributes is not None
    assert (attempt.attributes["stagecast.job_id"], attempt.attributes["stagecast.attempt"]) == (job_id, 1)
    announced = {
        str(kind): id_of(each)
        for each in spans
        if each.name == "announce" and each.attributes
        for kind in cast("tuple[str, ...]", each.attributes.get("stagecast.event_types", ()))
    }
    for kind in ("job.started", "stage.started", "stage.completed", "job.completed"):
        assert kind in announced
    assert headers["job.completed"] == f"00-{TRACE_ID}-{announced['job.completed']}-01"
    assert {value.split("-")[1] for value in headers.values()} == {TRACE_ID}
    assert "job.queued" in headers


async def test_a_stage_that_failed_is_an_error(
    recorded: InMemorySpanExporter, broker_url: str, blobs: Path, events: Listener
) -> None:
    store = blobs.as_uri()
    async with running_processor(broker_url, store, "trouble"), running_gateway(broker_url, store) as gateway:
        await send(gateway, "trouble", b"permanent")
        await events.until("job.failed")
    failed = span(recorded.get_finished_spans(), "stage stumble")
    assert failed.status.status_code is StatusCode.ERROR
    assert "beyond repair" in str(failed.status.description)


async def test_a_request_that_we_could_not_serve_is_an_error(
    recorded: InMemorySpanExporter, broker_url: str, blobs: Path, channel: AbstractChannel
) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.put("/upload/a.txt", content=b"x")).status_code == 503  # no processor was ever there
        assert (await client.put("/upload/a.txt?pipeline=A", content=b"x")).status_code == 422
    spans = [each for each in recorded.get_finished_spans() if each.name == "upload"]
    assert [each.status.status_code for each in spans] == [StatusCode.ERROR, StatusCode.UNSET]


async def test_what_is_tried_again_later_stays_in_its_trace(
    recorded: InMemorySpanExporter, broker_url: str, blobs: Path, events: Listener
) -> None:
    store = blobs.as_uri()
    async with running_processor(broker_url, store, "flaky"), running_gateway(broker_url, store) as gateway:
        await send(gateway, "flaky", b"1")
        await events.until("job.completed")
    attempts = [each for each in recorded.get_finished_spans() if each.name == "job attempt"]
    assert len(attempts) >= 2
    assert {trace.format_trace_id(each.context.trace_id) for each in attempts} == {TRACE_ID}


async def test_log_lines_say_their_job_and_trace(
    recorded: InMemorySpanExporter,
    broker_url: str,
    blobs: Path,
    events: Listener,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    before = root.handlers, root.level
    try:
        configure_logs("test", level="info", format="json")
        async with (
            running_processor(broker_url, blobs.as_uri(), "count"),
            running_gateway(broker_url, blobs.as_uri()) as gateway,
        ):
            job_id = await send(gateway, "count", b"x")
            await events.until("job.completed")
    finally:
        root.handlers, root.level = before
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    told = {line["event"]: line for line in lines if line.get("job_id") == job_id}
    for event in ("job.accepted", "job.started", "job.completed"):
        assert told[event]["trace_id"] == TRACE_ID


async def test_the_body_of_a_message_knows_nothing_of_traces(
    recorded: InMemorySpanExporter, broker_url: str, blobs: Path, channel: AbstractChannel, inspect_queue: str
) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as gateway:
        await send(gateway, "inspect", b"x")
    queue = await channel.get_queue(inspect_queue)
    message = await queue.get(no_ack=True)
    assert isinstance(message, aio_pika.IncomingMessage)
    assert TRACE_ID in str(message.headers["traceparent"])
    assert TRACE_ID not in message.body.decode()
