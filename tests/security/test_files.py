"""Whose a resumable upload is, what pages of other origins may do with one, and one that stops."""

import asyncio
import threading
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from contracts.blobs import UPLOADS_FOLDER
from gateway.tus.protocol import ANSWER_HEADERS, REQUEST_HEADERS
from tests.access import bearer, token
from tests.ground import wait_until_async
from tests.security.conftest import TUS, House, running_house
from tests.services import running_gateway

PAGE = "https://page.example"
AT_THE_BEGINNING = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


async def test_strangers_bytes_cannot_be_put_into_ones_own(house: House) -> None:
    ada, eve = house.person("ada"), house.person("eve")
    part = await house.begin(ada, **{"Upload-Concat": "partial"})
    filled = await house.gateway.patch(
        f"/files/{part}", content=b"0123456789", headers={**ada.headers, **AT_THE_BEGINNING}
    )
    assert filled.status_code == 204
    final = {**TUS, "Upload-Concat": f"final;/files/{part}"}
    assert (await house.gateway.post("/files", headers={**eve.headers, **final})).status_code == 404
    assert (await house.gateway.post("/files", headers={**ada.headers, **final})).status_code == 201


async def test_a_key_is_its_owners(house: House) -> None:
    key = {"Idempotency-Key": "one"}
    ids = [await house.begin(house.person(name), **key) for name in ("ada", "eve", "ada")]
    assert ids[0] == ids[2] != ids[1]


async def test_with_tokens_an_upload_is_its_owners_even_where_all_see_all(
    broker_url: str, blobs: Path, inspect_queue: str
) -> None:
    async with running_house(broker_url, blobs, has_tokens=True, visibility="all") as house:
        key = {"Idempotency-Key": "one"}
        url = f"/files/{await house.begin(house.person('ada'), **key)}"
        for name, status in (("eve", 404), ("ada", 200)):
            assert (await house.gateway.head(url, headers={**bearer(token(name)), **TUS})).status_code == status
        sent = {**TUS, **key, "Upload-Length": "10", **bearer(token("eve"))}
        answer = await house.gateway.post("/files", headers=sent)
        assert answer.status_code == 422
        assert url not in answer.text + str(answer.headers)


async def test_without_tokens_and_where_all_see_all_the_id_is_enough(
    broker_url: str, blobs: Path, inspect_queue: str
) -> None:
    """Programs that keep no cookies are nobody in particular, and theirs go on too."""
    async with running_house(broker_url, blobs, has_tokens=False, visibility="all") as house:
        url = f"/files/{await house.begin(house.person('ada'))}"
        assert (await house.gateway.head(url, headers=TUS)).status_code == 200


@pytest.mark.parametrize(("origin", "status"), [(PAGE, 204), ("https://other.example", 403)])
async def test_pages_of_other_origins(
    broker_url: str, blobs: Path, inspect_queue: str, origin: str, status: int
) -> None:
    async with (
        running_gateway(broker_url, blobs.as_uri(), gateway_allowed_origins=(PAGE,)) as url,
        httpx.AsyncClient(base_url=url, headers={"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}) as client,
    ):
        began = await client.post("/files", headers={**TUS, "Upload-Length": "10"})
        allowed = began.headers["access-control-expose-headers"].split(", ")
        assert {*ANSWER_HEADERS, "Location"} <= set(allowed)
        client.headers["Origin"] = origin
        asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": ",".join(REQUEST_HEADERS)}
        preflight = await client.options(began.headers["location"], headers=asked)
        assert preflight.status_code == (200 if status == 204 else 400)
        sent = await client.patch(began.headers["location"], content=b"x", headers=AT_THE_BEGINNING)
        assert sent.status_code == status
        told = await client.options("/files")
        assert told.headers["tus-version"] == "1.0.0"
        assert told.headers.get("access-control-allow-origin") == (origin if status == 204 else None)


async def test_those_that_stop_hold_no_threads(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    """Of which a container gets 256 in all."""
    async with (
        running_gateway(broker_url, blobs.as_uri()) as url,
        httpx.AsyncClient(base_url=url, headers=TUS) as client,
        AsyncExitStack() as connections,
    ):
        head = "".join(f"{name}: {value}\r\n" for name, value in AT_THE_BEGINNING.items())
        for _ in range(100):
            place = (await client.post("/files", headers={"Upload-Length": "10"})).headers["location"]
            _, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
            connections.callback(writer.close)
            writer.write(f"PATCH {place} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: 10\r\n\r\n".encode())
        await wait_until_async(lambda: len(list(blobs.glob("uploads/*/bytes"))) == 100, 30, what="all of them, begun")
        assert threading.active_count() < 60
        assert (await client.put("/upload/a.txt", content=b"x")).status_code == 202


async def test_one_that_stops_is_answered_and_keeps_what_came(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    async with (
        running_gateway(broker_url, blobs.as_uri(), gateway_idle_seconds=0.5) as url,
        httpx.AsyncClient(base_url=url, headers=TUS) as client,
    ):
        place = (await client.post("/files", headers={"Upload-Length": "10"})).headers["location"]
        head = "".join(f"{name}: {value}\r\n" for name, value in AT_THE_BEGINNING.items())
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(f"PATCH {place} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: 10\r\n\r\nabc".encode())
        answer = (await reader.read()).lower()
        writer.close()
        assert answer.startswith(b"http/1.1 408 ")
        assert b"upload-offset: 3\r\n" in answer
        assert (await client.head(place)).headers["upload-offset"] == "3"
    assert [path.read_bytes() for path in (blobs / UPLOADS_FOLDER).rglob("bytes")] == [b"abc"]
