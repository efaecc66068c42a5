"""What the stages made, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.services import running_gateway

HTML = b"<!doctype html><script>alert(1)</script>" + bytes(1_000_000)


@pytest.fixture
async def gateway(broker_url: str, blobs: Path, inspect_queue: str) -> AsyncIterator[httpx.AsyncClient]:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
async def job(gateway: httpx.AsyncClient, blobs: Path) -> str:
    """A job that has made two artifacts; gives its path."""
    answer = await gateway.post("/upload", files={"file": ("a.txt", b"x")})
    folder = blobs / "jobs" / answer.json()["jobs"][0]["id"] / "artifacts"
    folder.mkdir()
    (folder / "report.html").write_bytes(HTML)
    (folder / "content.zst").write_bytes(b"0123456789")
    return str(answer.headers["location"])


async def test_artifacts_are_listed(gateway: httpx.AsyncClient, job: str) -> None:
    told = (await gateway.get(f"{job}/artifacts")).json()["artifacts"]
    assert told == [
        {"name": "content.zst", "size": 10, "href": f"{job}/artifacts/content.zst"},
        {"name": "report.html", "size": len(HTML), "href": f"{job}/artifacts/report.html"},
    ]


async def test_a_report_is_shown_but_cannot_act(gateway: httpx.AsyncClient, job: str) -> None:
    answer = await gateway.get(f"{job}/artifacts/report.html")
    assert answer.content == HTML
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == 'inline; filename="report.html"'


async def test_other_artifacts_are_downloads(gateway: httpx.AsyncClient, job: str) -> None:
    answer = await gateway.get(f"{job}/artifacts/content.zst")
    assert answer.headers["content-disposition"] == 'attachment; filename="content.zst"'
    assert answer.headers["content-length"] == "10"


async def test_ranges_and_validators(gateway: httpx.AsyncClient, job: str) -> None:
    path = f"{job}/artifacts/content.zst"
    part = await gateway.get(path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    past = await gateway.get(path, headers={"Range": "bytes=10-"})
    assert past.status_code == 416
    tag = part.headers["etag"]
    assert (await gateway.get(path, headers={"If-None-Match": tag})).status_code == 304
    rest = {"Range": "bytes=2-4", "If-Range": tag}
    assert (await gateway.get(path, headers=rest)).status_code == 206
    for other in ('"of another"', f"W/{tag}", "Sat, 28 Nov 2026 18:00:00 GMT"):
        whole = await gateway.get(path, headers=rest | {"If-Range": other})
        assert (whole.status_code, len(whole.content)) == (200, 10)
    head = await gateway.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")


@pytest.mark.parametrize("name", ["nothing.txt", "..%2Fsource", "..%2F..%2Fupload.json", "%00", "a%0Ab", "é"])
async def test_no_name_leads_elsewhere(gateway: httpx.AsyncClient, job: str, name: str) -> None:
    answer = await gateway.get(f"{job}/artifacts/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("job_id", ["01a20bbc-0000-7000-8000-000000000000", "nope", "x" * 1000])
async def test_an_unknown_job_is_not_found(gateway: httpx.AsyncClient, job_id: str) -> None:
    for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/artifacts", f"/jobs/{job_id}/artifacts/report.html"):
        assert (await gateway.get(path)).status_code == 404
