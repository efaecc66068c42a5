"""The compose stack: everything behind one origin, as containers, in a real browser."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.compose import MAX_UPLOAD_BYTES, Product
from tests.e2e.visitor import WAIT_MS, Visit, text_file, unique
from tests.ground import wait_until
from tests.stack import free_ports

pytestmark = pytest.mark.timeout(400)  # the first test builds the images


@pytest.fixture
def page_url(product: Product) -> str:
    return f"{product.url}/"


def test_two_people_see_every_stage_through_the_edge(visit: Visit) -> None:
    sender, watcher = visit(), visit()
    name = unique("Umsätze 报告.csv")
    sender.choose(text_file(name, "city,people\nUlm,126000\nBonn,331000\n"))
    for person in (sender, watcher):
        person.expect_completed(name)
        assert person.complaints == []
    link = sender.open_job(name).get_by_role("link", name="Open report")
    with sender.context.expect_page() as opened:
        link.click()
    expect(opened.value.get_by_role("heading").first).to_be_visible(timeout=WAIT_MS)


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/docs", "/redoc", "/openapi.json"])
def test_what_is_for_those_who_run_it_is_not_public(product: Product, path: str) -> None:
    assert httpx.get(f"{product.url}{path}").status_code == 404


def test_what_lets_people_in_is_in_no_log(product: Product) -> None:
    hidden = {"share": "hush-1", "ticket": "hush-2"}
    headers = {
        "Authorization": "Bearer hush-3",
        "Cookie": "stagecast_token=hush-4",
        "Referer": "http://x/?share=hush-5",
    }
    httpx.get(f"{product.url}/events", params=hidden, headers=headers)
    wait_until(lambda: "REDACTED" in product.logs(), 30, what="the edge's line")
    assert "hush-" not in product.logs()


def test_the_edge_tells_the_time_as_the_services_do(product: Product) -> None:
    httpx.get(product.url)

    def requests() -> list[bytes]:
        return [line for line in product.container("edge").logs().splitlines() if b"http.log.access" in line]

    wait_until(requests, 30, what="the edge's line")
    assert datetime.fromisoformat(json.loads(requests()[-1])["timestamp"]).tzinfo == UTC


@pytest.mark.parametrize("path", ["/", "/web/main.js", "/jobs", "/jobs/nothing/artifacts", "/nothing"])
def test_every_answer_has_the_headers_of_the_edge(product: Product, path: str) -> None:
    headers = httpx.get(f"{product.url}{path}").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not {"Server", "Via", "Strict-Transport-Security"} & headers.keys()


@pytest.mark.parametrize("size", [MAX_UPLOAD_BYTES, 10 * MAX_UPLOAD_BYTES])
@pytest.mark.parametrize("kind", ["form", "bytes", "bytes of unknown length"])
def test_who_sends_too_much_is_told_so(product: Product, kind: str, size: int) -> None:
    content = b"x" * (size + 1)
    match kind:
        case "form":
            answer = send(f"{product.url}/upload", "POST", files={"file": ("large.txt", content)})
        case "bytes":
            answer = send(f"{product.url}/upload/large.txt", "PUT", content=content)
        case _:
            answer = send(f"{product.url}/upload/large.txt", "PUT", content=Pieces(content))
    expect_too_large(answer)


def test_a_resumable_upload_goes_through_the_edge(product: Product) -> None:
    content, tus = bytes(MAX_UPLOAD_BYTES // 2), {"Tus-Resumable": "1.0.0"}
    begun = httpx.post(f"{product.url}/files", headers={**tus, "Upload-Length": str(len(content))})
    added = httpx.patch(
        f"{product.url}{begun.headers['location']}",
        content=content,
        headers={**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
        timeout=30,
    )
    assert added.status_code == 204, added.text
    product.wait_completed(added.headers["stagecast-job"].removeprefix("/jobs/"))


def test_what_is_no_upload_has_a_small_body(product: Product) -> None:
    expect_too_large(send(f"{product.url}/jobs/nothing/cancel", "POST", content=b"x" * 100_000))
    job_id = product.upload(unique("small.txt"))
    answer = httpx.post(f"{product.url}/jobs/{job_id}/cancel", content=Pieces(b"x" * 1_000_000))
    assert answer.status_code in {202, 409, 413}, answer.text  # the gateway may answer before the body is too large


def test_the_page_is_compressed(product: Product) -> None:
    answer = httpx.get(f"{product.url}/web/main.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_a_domain_has_https_and_http_2(product: Product, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    http, https = free_ports(2)
    monkeypatch.setenv("STAGECAST_DOMAIN", "localhost")
    monkeypatch.setenv("STAGECAST_HTTP_PORT", f"127.0.0.1:{http}")
    monkeypatch.setenv("STAGECAST_HTTPS_PORT", f"127.0.0.1:{https}")
    product.up("--no-deps", "edge", files=("deploy/compose/https.yml",))
    person = visit(url=f"https://localhost:{https}/", ignore_https_errors=True)
    protocol = person.page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
    assert protocol == "h2"
    name = unique("safe.txt")
    person.choose(text_file(name))
    person.expect_completed(name)
    assert all(cookie.get("secure") for cookie in person.context.cookies())
    answer = httpx.get(f"https://localhost:{https}/", verify=False)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    product.up()  # as it was


@dataclass(frozen=True)
class Pieces:
    """A body that does not say how long it is; it can be sent again."""

    content: bytes

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), 65_536):
            yield self.content[start : start + 65_536]


def send(url: str, method: str, **body: Any) -> httpx.Response:
    """A connection that ends while bytes are on their way can lose the answer's end (RFC 9112, 9.6): then again."""
    for _ in range(2):
        with suppress(httpx.TransportError):
            return httpx.request(method, url, timeout=30, **body)
    return httpx.request(method, url, timeout=30, **body)


def expect_too_large(answer: httpx.Response) -> None:
    """In words, and with the headers of every answer."""
    assert answer.status_code == 413, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["detail"].startswith("the request is larger than")
