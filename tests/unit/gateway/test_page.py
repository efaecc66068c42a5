import pytest

from gateway.page import content_security_policy


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
