"""Every endpoint and every kind of stranger: nobody learns of a job that is not theirs, nor touches it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
from obstore.store import LocalStore
from pydantic import SecretStr
from starlette.routing import Mount

from contracts.access.admission import admission
from contracts.access.origins import SAFE_METHODS
from contracts.access.passes import Passes
from contracts.server import health_routes
from gateway.__main__ import make_desk
from gateway.app import make_routes as gateway_routes
from gateway.broker import Broker
from gateway.figures import Figures as GatewayFigures
from gateway.leaving import Leaving
from gateway.settings import GatewaySettings
from notifier.__main__ import make_hub
from notifier.app import make_routes as notifier_routes
from notifier.archive import Archive
from notifier.door import Door
from notifier.fanout import Shared
from notifier.figures import Figures
from notifier.listing import Listing
from notifier.places import Places
from notifier.settings import NotifierSettings
from notifier.stream import Events
from tests.access import bearer, token
from tests.security.conftest import METADATA, NAME, SIGNING, TUS, House, Person

OPEN = "open"  # everybody has it, and there is nobody's in it
CALLER = "caller"  # who asks must be somebody; what comes is theirs
TOLD = "told"  # who asks must be somebody; all are told the same
READ = "read"  # of one job: its owner, and who has a link to it
CHANGE = "change"  # of one job: its owner
FILE = "file"  # an upload on its way: its owner

GATEWAY = {
    ("GET", "/"): OPEN,
    ("GET", "/web"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/livez"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("POST", "/upload"): CALLER,
    ("PUT", "/upload/{name:path}"): CALLER,
    ("OPTIONS", "/files"): TOLD,
    ("OPTIONS", "/files/{upload_id}"): TOLD,
    ("POST", "/files"): CALLER,
    ("HEAD", "/files/{upload_id}"): FILE,
    ("POST", "/files/{upload_id}"): FILE,
    ("PATCH", "/files/{upload_id}"): FILE,
    ("DELETE", "/files/{upload_id}"): FILE,
    ("POST", "/tickets"): CALLER,
    ("GET", "/jobs/{job_id}"): READ,
    ("GET", "/jobs/{job_id}/artifacts"): READ,
    ("GET", "/jobs/{job_id}/artifacts/{name}"): READ,
    ("HEAD", "/jobs/{job_id}/artifacts/{name}"): READ,
    ("POST", "/jobs/{job_id}/cancel"): CHANGE,
    ("POST", "/jobs/{job_id}/retry"): CHANGE,
    ("POST", "/jobs/{job_id}/share"): CHANGE,
}
NOTIFIER = {
    ("GET", "/livez"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/jobs"): CALLER,
    ("GET", "/jobs/{job_id}"): READ,
    ("GET", "/events"): CALLER,  # with `job=`: as READ
}
"""The rule of each route. A new route without one fails the first test here."""

AT_THE_BEGINNING = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
TUS_ASKS = {
    ("POST", "/files"): {"Upload-Length": "1"},
    ("POST", "/files/{upload_id}"): {"X-HTTP-Method-Override": "PATCH", **AT_THE_BEGINNING},
    ("PATCH", "/files/{upload_id}"): AT_THE_BEGINNING,
}


def table_of(routes: Iterable[Any]) -> set[tuple[str, str]]:
    """Methods and paths; whatever has neither is a router, as FastAPI keeps them."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        if not hasattr(route, "path"):
            found |= table_of(route.original_router.routes)
        else:
            methods = {"GET"} if isinstance(route, Mount) else set(route.methods or ())
            found |= {(method, route.path) for method in methods}
    # GET brings HEAD with it, unless somebody wrote their own.
    return {(method, path) for method, path in found if method != "HEAD" or ("HEAD", path) in GATEWAY}


def test_every_route_has_a_rule(tmp_path: Path) -> None:
    settings = GatewaySettings(secret=SecretStr(SIGNING), store_url=tmp_path.as_uri())
    desk = make_desk(settings, LocalStore(tmp_path), Broker(settings.amqp_url, GatewayFigures()), Leaving())
    assert table_of(gateway_routes(settings, desk, checks={}, more=[GatewayFigures().route()]).routes) == set(GATEWAY)
    reads = NotifierSettings(secret=SecretStr(SIGNING))
    figures, archive = Figures(), Archive(LocalStore(tmp_path))
    hub = make_hub(reads, figures)
    door = Door(admission(reads, ()), Places(all_clients=1, one_client=1, figures=figures), (), None)  # type: ignore[arg-type]
    routes = notifier_routes(
        Events(hub, Shared(), archive, door, {}), Listing(hub.jobs, archive), figures, health_routes({})
    )
    assert table_of(routes) == set(NOTIFIER)


async def strangers(house: House) -> list[Person]:
    """All but ada."""
    eve = house.person("eve")
    own = await house.upload(eve, "eves.csv")
    expired = Passes((SIGNING,), clock=lambda: 0.0).share(house.job["id"], 60).text
    forged = Passes(("not our secret",)).share(house.job["id"], 60).text
    people = [
        Person("anonymous"),
        Person("eve", eve.headers),
        Person("forged cookie", {"Cookie": "stagecast=ada.forged; stagecast_token=forged"}),
        Person("link to another job", params=(await house.share(own["id"], eve)).params),
        Person("old link", params={"share": expired}),
        Person("forged link", params={"share": forged}),
        Person("link and eve", eve.headers, (await house.share(own["id"], eve)).params),
    ]
    if house.has_tokens:
        people += [
            Person("expired token", dict(bearer(token("ada", seconds=-300)))),
            Person("wrong audience", dict(bearer(token("ada", aud="other")))),
            Person("wrong issuer", dict(bearer(token("ada", iss="https://other.example")))),
            Person("wrong secret", dict(bearer(token("ada", secret="x" * 40)))),
            Person("expired cookie", {"Cookie": f"stagecast_token={token('ada', seconds=-300)}"}),
        ]
    return people


def expected(rule: str, method: str, person: Person, *, has_tokens: bool) -> set[int]:
    is_eve = person.name in {"eve", "link to another job", "link and eve"}
    writes = method not in SAFE_METHODS
    match rule:
        case "open":
            return {200, 404}
        case _ if "share" in person.params and (writes or not is_eve):
            return {403}
        case _ if has_tokens and not is_eve:
            return {401}
        case "told":
            return {204}
        case "caller":
            return {200, 201, 202} if is_eve or writes else {403}
        case _:
            return {404}


async def ask(client: httpx.AsyncClient, method: str, path: str, person: Person, house: House) -> tuple[int, str, str]:
    """Status and what was said; of a stream, its beginning."""
    options: dict[str, Any] = {"headers": dict(person.headers), "params": person.params}
    if path == "/upload":
        options["files"] = {"file": ("x.csv", b"x")}
    if path.startswith("/files"):
        options["headers"] |= TUS | TUS_ASKS.get((method, path), {})
        options["content"] = b"x" if method == "PATCH" else b""
    path = (
        {"/web": "/web/main.js"}.get(path, path)
        .replace("{name:path}", "x.csv")
        .format(job_id=house.job["id"], upload_id=house.upload_id, name="report.html")
    )
    request = client.stream(method, path, **options)
    async with request as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            text = ""
            async for piece in answer.aiter_text():
                text += piece
                if "event: snapshot" in text and text.endswith("\n\n"):
                    break
            return answer.status_code, text, str(answer.headers)
        return answer.status_code, (await answer.aread()).decode(), str(answer.headers)


async def test_strangers_get_nothing(house: House) -> None:
    for person in await strangers(house):
        for client, rules in ((house.gateway, GATEWAY), (house.notifier, NOTIFIER)):
            for (method, path), rule in rules.items():
                if path == "/openapi.json" and client is house.notifier:
                    continue
                status, text, headers = await ask(client, method, path, person, house)
                case = f"{person.name}: {method} {path}: {status} {text[:200]}"
                assert status in expected(rule, method, person, has_tokens=house.has_tokens), case
                assert NAME not in text + headers, case
                assert METADATA["Upload-Metadata"] not in headers, case
                assert status >= 400 or house.job["id"] not in text, case
                assert status != 401 or "www-authenticate" in headers, case
    record = await house.gateway.get(f"/jobs/{house.job['id']}", headers=house.person("ada").headers)
    assert record.json()["state"] == "queued"  # nobody has touched it
    upload = await house.gateway.head(f"/files/{house.upload_id}", headers={**house.person("ada").headers, **TUS})
    assert upload.headers["upload-offset"] == "0"


async def test_strangers_streams_of_the_job(house: House) -> None:
    for person in await strangers(house):
        for query in ({}, {"since": "1h"}, {"last_event_id": "0-00000000"}, {"mine": "1"}):
            asked = Person(person.name, person.headers, {**person.params, "job": house.job["id"], **query})
            status, text, _ = await ask(house.notifier, "GET", "/events", asked, house)
            assert status in {400, 401, 403, 404}, (person.name, query, text)
            assert NAME not in text


async def test_a_link_reads_its_job_and_changes_nothing(house: House) -> None:
    friend = await house.share(house.job["id"], house.person("ada"))
    for client, rules in ((house.gateway, GATEWAY), (house.notifier, NOTIFIER)):
        for (method, path), rule in rules.items():
            if rule == OPEN:
                continue
            status, text, _ = await ask(client, method, path, friend, house)
            case = f"{method} {path}: {status} {text[:200]}"
            assert status == ({TOLD: 204, FILE: 404}.get(rule, 200) if method in SAFE_METHODS else 403), case
            assert method != "GET" or NAME in text or "report.html" in text, case


async def test_its_owner_sees_and_changes_it(house: House) -> None:
    """Else the other tests here would prove nothing."""
    ada = house.person("ada")
    for client, rules in ((house.notifier, NOTIFIER), (house.gateway, GATEWAY)):
        for (method, path), rule in rules.items():
            if rule == OPEN:
                continue
            status, text, _ = await ask(client, method, path, ada, house)
            case = f"{method} {path}: {status} {text[:200]}"
            assert status in {200, 201, 202, 204}, case
            if (method, rule) == ("GET", CALLER) or path == "/jobs/{job_id}":
                assert NAME in text, case


async def test_a_key_that_somebody_else_used_gives_nothing_away(house: House) -> None:
    key = {"Idempotency-Key": "one"}
    answers = [
        await house.gateway.put(f"/upload/{name}.csv", content=b"x", headers={**house.person(name).headers, **key})
        for name in ("ada", "eve", "ada")
    ]
    ids = [answer.json()["jobs"][0]["id"] for answer in answers]
    assert ids[0] == ids[2] != ids[1]
