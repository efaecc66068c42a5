"""Streams that are for one person: what they hear, how they end, and how they are opened from elsewhere."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from notifier.settings import FanOutKind
from tests.access import bearer, token
from tests.samples import a_story
from tests.security.conftest import TOKENS, House, Person, running_house
from tests.services import running_notifier
from tests.streams import Stream, publish


@pytest.fixture(params=[*FanOutKind])
async def house(
    request: pytest.FixtureRequest, broker_url: str, blobs: Path, inspect_queue: str
) -> AsyncIterator[House]:
    """With both fan-outs in turn; it has no leeway, so that what expires does so at once."""
    async with running_house(
        broker_url, blobs, has_tokens=True, fan_out=request.param, auth_leeway_seconds=0
    ) as running:
        yield running


def opened(house: House, person: Person, **query: Any) -> Any:
    """A stream of somebody's."""
    return house.notifier.stream("GET", "/events", params={**person.params, **query}, headers=person.headers)


async def story_of(house: House, person: Person) -> tuple[str, list[Any]]:
    """A job that this person sent, and its story."""
    job = await house.upload(person)
    record = await house.gateway.get(f"/jobs/{job['id']}", headers=person.headers)
    owner = record.json()["job"]["owner"]
    return job["id"], [owned(event, owner) for event in a_story(job["id"])]


def owned(event: Any, owner: str) -> Any:
    job = event.data.job.model_copy(update={"owner": owner})
    return event.model_copy(update={"data": event.data.model_copy(update={"job": job})})


def subjects(frames: list[str]) -> set[str]:
    """The jobs that events and snapshots speak of."""
    told = [json.loads(frame) for frame in frames]
    return {each["subject"] for each in told if "subject" in each} | {
        job["job"]["id"] for each in told for job in each.get("jobs", [])
    }


async def hear_until(stream: Stream, job_id: str, kind: str) -> list[str]:
    """The data of all frames, up to this event of this job."""
    frames: list[str] = []
    while True:
        frames.append((await stream.frame()).data)
        last = json.loads(frames[-1])
        if (last.get("subject"), last.get("type")) == (job_id, kind):
            return frames


async def test_everybody_hears_their_own_and_nobody_elses(house: House, channel: AbstractChannel) -> None:
    """Live, and again: after a cursor, and since a time, and after everybody was told."""
    ada, eve = house.person("ada"), house.person("eve")
    (adas, ada_story), (eves, eve_story) = await story_of(house, ada), await story_of(house, eve)
    both = [event for pair in zip(ada_story, eve_story, strict=True) for event in pair]
    async with opened(house, ada) as one, opened(house, eve) as other:
        streams = {adas: Stream(one), eves: Stream(other)}
        cursors = {}
        for job_id, stream in streams.items():
            first = await stream.snapshot()
            assert {job["job"]["id"] for job in first["jobs"]} <= {job_id}
            cursors[job_id] = stream.last_event_id
        await publish(channel, *both)
        for job_id, stream in streams.items():
            assert subjects(await hear_until(stream, job_id, "job.completed")) == {job_id}
    for person, job_id in ((ada, adas), (eve, eves)):
        for query in ({"last_event_id": cursors[job_id]}, {"since": "1h"}, {"mine": "1", "since": "1h"}):
            async with opened(house, person, **query) as answer:
                assert subjects(await hear_until(Stream(answer), job_id, "job.completed")) == {job_id}
        async with opened(house, person) as answer:
            again = await Stream(answer).snapshot()
            assert {job["job"]["id"] for job in again["jobs"]} == {job_id}
        listed = (await house.notifier.get("/jobs", headers=person.headers)).json()["jobs"]
        assert {job["job"]["id"] for job in listed} == {job_id}


async def test_a_link_follows_its_job_to_the_end(house: House, channel: AbstractChannel) -> None:
    ada = house.person("ada")
    adas, story = await story_of(house, ada)
    other, other_story = await story_of(house, ada)
    friend = await house.share(adas, ada)
    async with opened(house, friend) as answer:
        stream = Stream(answer)
        assert {job["job"]["id"] for job in (await stream.snapshot())["jobs"]} == {adas}
        await publish(channel, *(event for pair in zip(other_story, story, strict=True) for event in pair))
        assert subjects(await hear_until(stream, adas, "job.completed")) == {adas}
        assert await stream.end() == []
    async with opened(house, friend, job=other) as answer:
        assert answer.status_code == 404


async def test_a_stream_ends_with_its_token_and_says_so(house: House) -> None:
    """Not with silence; and whoever comes back with the same token is no visitor."""
    brief = Person("ada", dict(bearer(token("ada", seconds=3))))
    async with opened(house, brief) as answer:
        assert answer.status_code == 200
        frames = await Stream(answer).end()
    assert [frame.event for frame in frames][-1] == "auth-expired"
    assert (await house.notifier.get("/events", headers=brief.headers)).status_code == 401
    assert (await house.notifier.get("/jobs", headers=brief.headers)).status_code == 401


async def test_a_ticket_opens_one_stream(house: House) -> None:
    made = await house.gateway.post("/tickets", headers=house.person("ada").headers)
    assert (made.status_code, made.json()["expires_in"]) == (201, 60)
    guest = Person("guest", params={"ticket": made.json()["ticket"]})
    async with opened(house, guest) as answer:
        assert answer.status_code == 200
    again = await house.notifier.get("/events", params=guest.params)
    assert (again.status_code, again.headers["content-type"]) == (403, "application/problem+json")
    assert (await house.notifier.get("/jobs", params=guest.params)).status_code == 401  # for streams alone


async def test_of_all_who_show_a_ticket_one_gets_in_whichever_notifier_they_ask(
    house: House, broker_url: str, blobs: Path
) -> None:
    settings: dict[str, Any] = {
        "secret": "the secret that signs cookies",
        "visibility": "own",
        "store_url": blobs.as_uri(),
        **TOKENS,
    }
    async with running_notifier(broker_url, **settings) as url:
        for _ in range(3):
            made = await house.gateway.post("/tickets", headers=house.person("ada").headers)
            ticket = {"ticket": made.json()["ticket"]}
            answers = await asyncio.gather(
                *(knock(base, ticket) for base in [url, str(house.notifier.base_url).rstrip("/")] * 5)
            )
            assert Counter(answers) == {200: 1, 403: 9}
    async with running_notifier(broker_url, **settings) as url:  # that was not there when it was used
        assert await knock(url, ticket) == 403


async def knock(url: str, params: dict[str, str]) -> int:
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", f"{url}/events", params=params) as answer:
        return answer.status_code


async def test_a_ticket_lives_no_longer_than_the_token_it_was_got_with(house: House) -> None:
    made = await house.gateway.post("/tickets", headers=bearer(token("ada", seconds=4)))
    async with opened(house, Person("guest", params={"ticket": made.json()["ticket"]})) as answer:
        assert answer.status_code == 200
        assert [frame.event for frame in await Stream(answer).end()][-1] == "auth-expired"
