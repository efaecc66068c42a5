"""Downloads that the bucket hands out itself: only those who may have an artifact get a link to it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contracts.blobs import artifact_key
from tests.buckets import Bucket, environment, running_bucket
from tests.security.conftest import Person, running_house

NAME = "table.csv"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with running_bucket() as bucket, environment(bucket.environment):
        yield bucket


@pytest.mark.parametrize("has_tokens", [True, False], ids=["tokens", "cookies"])
async def test_a_link_to_the_bucket_is_for_who_may_have_the_artifact(
    broker_url: str, tmp_path: Path, inspect_queue: str, bucket: Bucket, has_tokens: bool
) -> None:
    async with (
        running_house(
            broker_url, tmp_path, has_tokens=has_tokens, store_url=bucket.store_url, gateway_artifacts="redirect"
        ) as house,
        httpx.AsyncClient() as anybody,
    ):
        ada, eve = house.person("ada"), house.person("eve")
        jobs = {person.name: (await house.upload(person))["id"] for person in (ada, eve)}
        for job_id in jobs.values():
            bucket.open().put(artifact_key(job_id, NAME), b"a,b\n")
        friend, eves_friend = [await house.share(jobs[person.name], person) for person in (ada, eve)]
        path = f"/jobs/{jobs['ada']}/artifacts/{NAME}"

        async def asked(person: Person, method: str = "GET", path: str = path) -> httpx.Response:
            return await house.gateway.request(method, path, headers=person.headers, params=person.params)

        for stranger in (Person("nobody"), eve, eves_friend, Person("forger", params={"share": "x"})):
            for method in ("GET", "HEAD"):
                refused = await asked(stranger, method)
                assert refused.status_code in {401, 403, 404}, stranger.name
                assert "location" not in refused.headers, stranger.name
                assert "X-Amz" not in refused.text, stranger.name
        for reader in (ada, friend):
            link = await asked(reader)
            assert (link.status_code, link.headers["cache-control"]) == (307, "no-store")
            assert link.headers["referrer-policy"] == "no-referrer"
            location = httpx.URL(link.headers["location"])
            assert location.path.endswith(artifact_key(jobs["ada"], NAME))  # and its signature is of that path
            assert location.params["X-Amz-Expires"] == "300"
            assert (await anybody.get(location)).content == b"a,b\n"
            elsewhere = path.replace(NAME, "..%2fsource")
            assert (await asked(reader, path=elsewhere)).status_code == 404
