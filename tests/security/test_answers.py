"""What every answer has on it, who else may read it, and what is never in it."""

import itertools
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.access import AUDIENCE, ISSUER, SECRET, bearer, token
from tests.security.conftest import SIGNING, House
from tests.services import running_gateway, running_notifier
from tests.stack import free_place, running_stack

OTHER = "https://other.example"


async def test_every_answer_is_kept_from_being_more_than_it_is(house: House) -> None:
    ada = house.person("ada")
    for client, paths in (
        (house.gateway, ("/", "/web/main.js", "/openapi.json", "/livez", "/nowhere", f"/jobs/{house.job['id']}")),
        (house.notifier, ("/jobs", "/openapi.json", "/metrics", "/nowhere", "/jobs/5")),
    ):
        for path in paths:
            for headers in ({}, ada.headers):
                answer = await client.get(path, headers=headers)
                assert answer.headers["x-content-type-options"] == "nosniff", path
                assert answer.headers["referrer-policy"] == "no-referrer", path
                policy = answer.headers["content-security-policy"]
                assert "default-src 'none'" in policy, path
                assert "unsafe-" not in policy, path
                assert "frame-ancestors 'none'" in policy, path


async def test_only_allowed_origins_read_answers(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    allowed: dict[str, Any] = {"gateway_allowed_origins": (OTHER,)}
    async with running_gateway(broker_url, blobs.as_uri(), **allowed) as url, httpx.AsyncClient(base_url=url) as client:
        for origin, name in ((OTHER, OTHER), ("https://evil.example", None), ("null", None)):
            for answer in (
                await client.get("/", headers={"Origin": origin}),
                await client.put("/upload/a", content=b"x", headers={"Origin": origin}),
                await client.options("/upload", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
            ):
                assert answer.headers.get("access-control-allow-origin") == name
        assert (await client.put("/upload/a", content=b"x", headers={"Origin": OTHER})).status_code == 202


@pytest.mark.parametrize(
    "foreign",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["origin", "sandboxed", "fetch metadata"],
)
async def test_a_foreign_page_changes_nothing(house: House, foreign: dict[str, str]) -> None:
    """With the cookie that a browser would send along. A token in a header is sent by no browser by itself."""
    cookie = {"Cookie": f"stagecast_token={token('ada')}"} if house.has_tokens else house.person("ada").headers
    job = f"/jobs/{house.job['id']}"
    for method, path in (
        ("POST", "/upload"),
        ("PUT", "/upload/a"),
        ("POST", f"{job}/cancel"),
        ("POST", f"{job}/retry"),
        ("POST", f"{job}/share"),
        ("POST", "/tickets"),
    ):
        answer = await house.gateway.request(method, path, headers={**cookie, **foreign})
        assert answer.status_code == 403, path
    assert (await house.gateway.get(job, headers={**cookie, **foreign})).json()["state"] == "queued"
    if house.has_tokens:
        answer = await house.gateway.post(f"{job}/share", headers={**bearer(token("ada")), **foreign})
        assert answer.status_code == 201


async def test_a_page_that_takes_our_address_gets_nothing(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    """Its name leads to us, so that to a browser it is of our origin (DNS rebinding)."""
    evil = {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}
    async with (
        running_gateway(broker_url, blobs.as_uri()) as gateway,
        running_notifier(broker_url, store_url=blobs.as_uri()) as notifier,
        httpx.AsyncClient() as client,
    ):
        for method, url in (
            ("GET", f"{gateway}/"),
            ("GET", f"{gateway}/web/main.js"),
            ("PUT", f"{gateway}/upload/a"),
            ("POST", f"{gateway}/files"),
            ("GET", f"{notifier}/jobs"),
            ("GET", f"{notifier}/events"),
        ):
            answer = await client.request(method, url, headers=evil)
            assert answer.status_code == 421, url
            assert "STAGECAST_ALLOWED_HOSTS" in answer.json()["detail"], url
            assert "set-cookie" not in answer.headers, url
        assert not (blobs / "jobs").exists()
        for url in (f"{gateway}/", f"{notifier}/jobs"):
            for host in ("localhost", "192.0.2.7:8000", "[2001:db8::7]:8000"):
                assert (await client.get(url, headers={"Host": host})).status_code == 200
        for path in ("/livez", "/readyz", "/metrics"):  # asked by name in a cluster; they tell nothing of anybody
            assert (await client.get(f"{notifier}{path}", headers=evil)).status_code == 200


async def test_who_asks_too_often_is_told_when_to_come_back(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    slow: dict[str, Any] = {"rate_per_second": 0.01, "rate_burst": 5}
    async with (
        running_gateway(broker_url, blobs.as_uri(), **slow) as gateway,
        running_notifier(broker_url, store_url=blobs.as_uri(), **slow) as notifier,
        httpx.AsyncClient() as client,
    ):
        for url in (f"{gateway}/", f"{notifier}/jobs", f"{notifier}/events?job=5"):
            answers = [await client.get(url) for _ in range(6)]
            assert answers[-1].status_code == 429
            assert 0 < int(answers[-1].headers["retry-after"]) <= 100
        assert (await client.get(f"{gateway}/livez")).status_code == 200


def test_no_secret_is_told(broker_url: str, tmp_path: Path) -> None:
    """In no answer, no figure and no log line: neither what signs, nor what was signed."""
    settings = {
        "STAGECAST_SECRET": SIGNING,
        "STAGECAST_OWNER_SECRET": "owner-hush",
        "STAGECAST_AUTH_SECRET": SECRET,
        "STAGECAST_AUTH_ISSUER": ISSUER,
        "STAGECAST_AUTH_AUDIENCE": AUDIENCE,
        "STAGECAST_VISIBILITY": "own",
        "STAGECAST_LOG_LEVEL": "debug",
        "STAGECAST_LOG_FORMAT": "json",
    }
    ada, bad, forged = token("ada"), token("ada", seconds=-300), token("ada", secret="x" * 40)
    with running_stack(free_place(tmp_path, broker_url), **settings) as stack, httpx.Client() as client:
        job = client.put(f"{stack.gateway_url}/upload/a.txt", content=b"x", headers=bearer(ada)).json()["jobs"][0]["id"]
        shown = client.post(f"{stack.gateway_url}/jobs/{job}/share", headers=bearer(ada)).json()["share"]
        ticket = client.post(f"{stack.gateway_url}/tickets", headers=bearer(ada)).json()["ticket"]
        said = ""
        for url, path, params, headers in itertools.product(
            (stack.gateway_url, stack.notifier_url),
            ("/", "/jobs", f"/jobs/{job}", "/events", "/metrics", "/nowhere"),
            ({}, {"share": f"{shown}x"}, {"ticket": f"{ticket}x"}, {"share": shown[:-1]}),
            ({}, bearer(ada), bearer(bad), {"Cookie": f"stagecast_token={forged}"}),
        ):
            asked = {**params, "format": "x"} if path == "/events" else params  # so that no stream begins
            answer = client.get(url + path, params=asked, headers=headers)
            said += answer.text + str(answer.headers)
        assert client.get(f"{stack.notifier_url}/events", params={"ticket": ticket, "job": "5"}).status_code == 400
    told = said + stack.output
    assert "job.accepted" in told
    hidden = [SIGNING, SECRET, "owner-hush", ticket, shown, *(each.split(".")[2] for each in (ada, bad, forged))]
    assert [secret for secret in (*hidden, "guest:guest") if secret in told] == []
