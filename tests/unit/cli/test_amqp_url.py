import pytest

from cli.amqp_url import AmqpUrl, parse_amqp_url
from contracts.errors import BadSettingError


def test_what_a_url_leaves_out_gets_the_usual_defaults() -> None:
    assert parse_amqp_url("amqp://") == AmqpUrl("127.0.0.1", 5672, "guest", "guest", "/")
    assert parse_amqp_url("amqps://broker").port == 5671


def test_parts_are_unquoted_and_quoted_again() -> None:
    url = parse_amqp_url("amqp://me%40work:p%2Fw@broker:5673/my%2Fvhost")
    assert url == AmqpUrl("broker", 5673, "me@work", "p/w", "my/vhost")
    assert parse_amqp_url(str(url)) == url


def test_the_default_vhost_survives_too() -> None:
    url = parse_amqp_url("amqp://guest:guest@127.0.0.1:5672/")
    assert str(url) == "amqp://guest:guest@127.0.0.1:5672/"


def test_a_port_that_is_none_names_the_setting() -> None:
    with pytest.raises(BadSettingError, match="STAGECAST_AMQP_URL"):
        parse_amqp_url("amqp://broker:banana/")


def test_the_password_is_never_shown() -> None:
    url = parse_amqp_url("amqp://me:hidden@broker/")
    assert "hidden" not in repr(url)
    assert "hidden" not in url.place


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("amqp://127.0.0.1/", True),
        ("amqp://localhost:1234/", True),
        ("amqps://localhost/", False),
        ("amqp://[::1]/", False),
        ("amqp://broker.example/", False),
    ],
)
def test_a_private_node_fits_only_where_it_would_be_found(url: str, fits: bool) -> None:
    assert parse_amqp_url(url).fits_private_node is fits
