from typing import Any

import pytest

from contracts.access.admission import admission
from contracts.access.settings import AccessSettings
from gateway.page import content_security_policy, door_word
from tests.access import AUDIENCE, ISSUER, SECRET


@pytest.mark.parametrize(
    ("events_url", "allowed"),
    [
        ("http://localhost:8001/events", "connect-src 'self' http://localhost:8001;"),
        ("https://files.example/events", "connect-src 'self' https://files.example;"),
        ("/events", "connect-src 'self';"),
    ],
)
def test_the_page_may_connect_to_its_own_origin_and_the_streams(events_url: str, allowed: str) -> None:
    assert allowed in content_security_policy(events_url)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "cookies all"),
        ({"secret": "s", "visibility": "own"}, "cookies own"),
        ({"secret": "s", "auth_secret": SECRET, "auth_issuer": ISSUER, "auth_audience": AUDIENCE}, "tokens all"),
    ],
)
def test_the_page_is_told_who_is_known_by_what_and_sees_whose_jobs(settings: dict[str, Any], word: str) -> None:
    assert door_word(admission(AccessSettings(**settings), ())) == word
