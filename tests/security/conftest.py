"""Houses with their doors shut, and the people before them."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from contracts.owners import COOKIE, Owners
from notifier.settings import FanOutKind
from tests.access import AUDIENCE, ISSUER, SECRET, bearer, token
from tests.ground import wait_until_async
from tests.integration.conftest import blobs, channel, connection, inspect_queue  # noqa: F401
from tests.services import running_gateway, running_notifier

SIGNING = "the secret that signs cookies"
NAME = "the-secret-name.csv"
TUS = {"Tus-Resumable": "1.0.0"}
METADATA = {"Upload-Metadata": f"filename {base64.b64encode(NAME.encode()).decode()}"}
TOKENS = {"auth_secret": SecretStr(SECRET), "auth_issuer": ISSUER, "auth_audience": AUDIENCE}


@dataclass(frozen=True)
class Person:
    """Somebody, and what they bring with every request."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class House:
    """A gateway and a notifier where everybody sees their own; a job and an upload on its way in it are ada's."""

    gateway: httpx.AsyncClient
    notifier: httpx.AsyncClient
    has_tokens: bool
    job: dict[str, Any] = field(default_factory=dict)
    upload_id: str = ""

    def person(self, name: str) -> Person:
        """Somebody with good papers."""
        if self.has_tokens:
            return Person(name, dict(bearer(token(name))))
        return Person(name, {"Cookie": f"{COOKIE}={Owners((SIGNING,))._signer.sign(name).decode()}"})

    async def upload(self, person: Person, name: str = NAME) -> dict[str, Any]:
        answer = await self.gateway.put(f"/upload/{name}", content=b"a,b\n", headers=person.headers)
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()["jobs"][0]
        return job

    async def begin(self, person: Person, **more: str) -> str:
        """A resumable upload of ten bytes; gives its id."""
        sent = {**TUS, "Upload-Length": "10", **METADATA, **person.headers, **more}
        answer = await self.gateway.post("/files", headers=sent)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"]).removeprefix("/files/")

    async def share(self, job_id: str, person: Person) -> Person:
        """Somebody whom `person` gave a link."""
        answer = await self.gateway.post(f"/jobs/{job_id}/share", headers=person.headers)
        assert answer.status_code == 201, answer.text
        return Person("share", params={"share": answer.json()["share"]})


@asynccontextmanager
async def running_house(
    broker_url: str, folder: Path, *, has_tokens: bool, fan_out: FanOutKind = FanOutKind.SHARED, **more: Any
) -> AsyncIterator[House]:
    """The services, without a job yet."""
    settings: dict[str, Any] = {
        "store_url": folder.as_uri(),
        "secret": SecretStr(SIGNING),
        "visibility": "own",
        **(TOKENS if has_tokens else {}),
        **more,
    }
    async with (
        running_gateway(broker_url, **settings) as gateway_url,
        running_notifier(broker_url, notifier_fanout=fan_out, **settings) as notifier_url,
        httpx.AsyncClient(base_url=gateway_url, timeout=30) as gateway,
        httpx.AsyncClient(base_url=notifier_url, timeout=30) as notifier,
    ):
        yield House(gateway, notifier, has_tokens)


@pytest.fixture(params=["tokens", "cookies"])
async def house(
    request: pytest.FixtureRequest,
    broker_url: str,
    blobs: Path,  # noqa: F811
    inspect_queue: str,  # noqa: F811
) -> AsyncIterator[House]:
    """Ada's job waits in it, with an artifact."""
    async with running_house(broker_url, blobs, has_tokens=request.param == "tokens") as empty:
        job = await empty.upload(empty.person("ada"))
        made = blobs / "jobs" / job["id"] / "artifacts"
        made.mkdir()
        (made / "report.html").write_text(NAME)
        await wait_until_async(partial(is_listed, empty, job["id"]), 30, what="the job, in the notifier's list")
        yield House(empty.gateway, empty.notifier, empty.has_tokens, job, await empty.begin(empty.person("ada")))


async def is_listed(house: House, job_id: str) -> bool:
    """Whether the notifier has heard of ada's job."""
    return job_id in (await house.notifier.get("/jobs", headers=house.person("ada").headers)).text
