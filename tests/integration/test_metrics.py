"""What the services count, read as Prometheus reads it, over a real broker."""

from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.proxy import cuttable
from tests.services import running_gateway, running_notifier, running_processor
from tests.streams import figure, listening, until_figure

GATEWAY, PROCESSOR, NOTIFIER = "stagecast_gateway", "stagecast_processor", "stagecast_notifier"


async def test_a_job_is_counted_on_its_way(broker_url: str, blobs: Path, events: Listener) -> None:
    store = blobs.as_uri()
    async with (
        running_processor(broker_url, store, "count") as processor,
        running_gateway(broker_url, store) as gateway,
        running_notifier(broker_url, store_url=store) as notifier,
        listening(notifier) as stream,
        httpx.AsyncClient(base_url=gateway) as client,
    ):
        assert (await client.put("/upload/a.txt?pipeline=count", content=b"x" * 5_000)).status_code == 202
        assert (await client.put("/upload/a.txt?pipeline=nobodys", content=b"x")).status_code == 422
        await events.until("job.completed")
        while (await stream.event()).type != "job.completed":
            pass
        assert await figure(gateway, f'{GATEWAY}_jobs_published_total{{pipeline="count"}}') == 1
        assert await figure(gateway, f"{GATEWAY}_jobs_published_bytes_total") == 5_000
        assert await figure(gateway, f"{GATEWAY}_received_bytes_total") >= 5_000
        refused = f'{GATEWAY}_requests_refused_total{{reason="unknown_pipeline",request="upload"}}'
        assert await figure(gateway, refused) == 1
        for status in ("2xx", "4xx"):
            answered = f'{GATEWAY}_request_seconds_count{{request="upload",status="{status}"}}'
            assert await figure(gateway, answered) == 1
        assert await figure(gateway, f'{GATEWAY}_messages_published_total{{exchange="jobs"}}') == 1
        assert await figure(gateway, f"{GATEWAY}_publish_seconds_count") == 2
        told = (await client.get("/metrics")).text
        assert [word for word in ("nobodys", "a.txt") if word in told] == []  # whoever sends them makes no series
        for stage in ("measure", "repeat"):
            ran = f'{PROCESSOR}_stage_seconds_count{{outcome="completed",pipeline="count",stage="{stage}"}}'
            assert await figure(processor, ran) == 1
        await until_figure(processor, f'{PROCESSOR}_attempts_ended_total{{outcome="completed",pipeline="count"}}', 1)
        assert await figure(processor, f'{PROCESSOR}_events_told_total{{type="stage.completed"}}') == 2
        assert await figure(processor, f"{PROCESSOR}_last_event_timestamp_seconds") > 0
        await until_figure(processor, f"{PROCESSOR}_jobs_at_work", 0)
        assert await figure(processor, f"{PROCESSOR}_job_slots") >= 1
        assert await figure(notifier, f"{NOTIFIER}_deliveries_total") >= 7
        assert await figure(notifier, f"{NOTIFIER}_log_up") == 1
        assert await figure(notifier, f"{NOTIFIER}_log_offset") >= 6


async def test_a_failed_stage_and_its_dead_letter_are_counted(broker_url: str, blobs: Path, events: Listener) -> None:
    store = blobs.as_uri()
    async with (
        running_processor(broker_url, store, "trouble") as processor,
        running_gateway(broker_url, store) as gateway,
        httpx.AsyncClient(base_url=gateway) as client,
    ):
        await client.put("/upload/a.txt?pipeline=trouble", content=b"permanent")
        await events.until("job.failed")
        failed = f'{PROCESSOR}_stage_seconds_count{{outcome="failed",pipeline="trouble",stage="stumble"}}'
        assert await figure(processor, failed) == 1
        await until_figure(processor, f"{PROCESSOR}_dead_letters_total", 1)
        await until_figure(processor, f'{PROCESSOR}_attempts_ended_total{{outcome="failed",pipeline="trouble"}}', 1)


async def test_a_lost_connection_is_seen_down_and_up_again(broker_url: str, blobs: Path) -> None:
    async with cuttable(broker_url) as (url, proxy), running_notifier(url) as notifier:
        for connection in ("log", "queues"):
            await until_figure(notifier, f'{NOTIFIER}_broker_up{{connection="{connection}"}}', 1)
        proxy.cut()
        for connection in ("log", "queues"):
            await until_figure(notifier, f'{NOTIFIER}_broker_up{{connection="{connection}"}}', 0)
        proxy.mend()
        for connection in ("log", "queues"):
            label = f'{{connection="{connection}"}}'

            async def is_back(label: str = label) -> bool:
                made = await figure(notifier, f"{NOTIFIER}_broker_connects_total{label}")
                return made >= 2 and await figure(notifier, f"{NOTIFIER}_broker_up{label}") == 1

            await wait_until_async(is_back, 60, what=f"{connection} to be up again")
            assert await figure(notifier, f"{NOTIFIER}_broker_failures_total{label}") >= 1


async def test_all_that_is_told_can_be_parsed(broker_url: str, blobs: Path) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as gateway, httpx.AsyncClient() as client:
        answer = await client.get(f"{gateway}/metrics")
    families = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"stagecast_gateway_broker_up", "process_open_fds"} <= families
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
