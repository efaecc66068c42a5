"""Services whose tokens are signed by somebody else, who changes keys and goes away."""

from pathlib import Path
from typing import Any

from tests.access import AUDIENCE, ISSUER, Issuer, bearer, publishing
from tests.security.conftest import NAME, House, Person, running_house


def signed(issuer: Issuer, kid: str, name: str) -> Person:
    return Person(name, dict(bearer(issuer.sign(kid, subject=name))))


async def can_list(house: House, person: Person) -> int:
    return (await house.notifier.get("/jobs", headers=person.headers)).status_code


async def test_an_issuers_keys_let_people_in(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    issuer, stranger = Issuer(), Issuer()
    issuer.add_rsa("rsa")
    issuer.add_ec("ec")
    stranger.add_rsa("rsa")
    async with publishing() as site:
        site.body = issuer.key_set()
        keys: dict[str, Any] = {"auth_jwks_url": site.url, "auth_issuer": ISSUER, "auth_audience": AUDIENCE}
        async with running_house(broker_url, blobs, has_tokens=False, **keys) as house:
            ada = signed(issuer, "rsa", "ada")
            job = await house.upload(ada)
            for person, status in (
                (ada, 200),
                (signed(issuer, "ec", "ada"), 200),
                (signed(issuer, "ec", "eve"), 404),
                (signed(stranger, "rsa", "ada"), 401),
            ):
                answer = await house.gateway.get(f"/jobs/{job['id']}", headers=person.headers)
                assert answer.status_code == status
                assert (NAME in answer.text) == (status == 200)
            assert await can_list(house, ada) == 200
            site.status = b"500 Oops"
            assert await can_list(house, ada) == 200


async def test_without_keys_nobody_comes_in(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    issuer = Issuer()
    issuer.add_ec("ec")
    async with publishing() as site:
        site.status = b"500 Oops"
        keys: dict[str, Any] = {"auth_jwks_url": site.url, "auth_issuer": ISSUER, "auth_audience": AUDIENCE}
        async with running_house(broker_url, blobs, has_tokens=False, **keys) as house:
            assert await can_list(house, signed(issuer, "ec", "ada")) == 503
            assert await can_list(house, Person("anonymous")) == 401
