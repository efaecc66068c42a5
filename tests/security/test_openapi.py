"""Whatever is asked within or beside the OpenAPI documents gets an answer that they know, and never a 5xx."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.services import running_gateway, running_notifier

EXAMPLES = 40  # for each operation


@pytest.fixture
async def services(broker_url: str, blobs: Path, inspect_queue: str) -> AsyncIterator[list[str]]:
    async with (
        running_gateway(broker_url, blobs.as_uri()) as gateway,
        running_notifier(broker_url, store_url=blobs.as_uri()) as notifier,
        httpx.AsyncClient() as client,
    ):
        assert (await client.put(f"{gateway}/upload/a.txt", content=b"x")).status_code == 202
        yield [gateway, notifier]


def ask(case: Any, url: str) -> None:
    """Check an answer; of a stream, its beginning."""
    asked = case.as_transport_kwargs(base_url=url)
    asked = {
        name: asked[name] for name in ("method", "url", "params", "headers", "data", "json", "cookies") if name in asked
    }
    try:
        with httpx.Client(timeout=30) as client:
            content = asked.pop("data", None)
            body = {"content": content} if isinstance(content, bytes | str) else {"data": content}
            asked["headers"] = {k: v.encode("latin-1", "replace") for k, v in dict(asked.get("headers") or {}).items()}
            request = client.build_request(**asked, **body)
            answer = client.send(request, stream=True)
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):
        return  # no client can send it
    kind = answer.headers.get("content-type", "").split(";")[0]
    known = case.operation.definition.raw["responses"]
    told = f"{request.method} {request.url}: {answer.status_code} {kind}"
    assert answer.status_code < 500, told
    assert str(answer.status_code) in known, told
    kinds = known[str(answer.status_code)].get("content", {})
    assert not kinds or kind in kinds or "*/*" in kinds, told


def attack(url: str) -> int:
    """Every operation, with what fits its description and what does not."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    count = 0
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @given(case=operation.as_strategy())
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def check(case: Any) -> None:
            ask(case, url)

        check()
        count += 1
    return count


async def test_no_answer_is_a_surprise(services: list[str]) -> None:
    counts = [await asyncio.to_thread(attack, url) for url in services]
    assert counts == [14, 3]
