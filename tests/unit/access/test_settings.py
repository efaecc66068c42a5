"""Settings that would leave a door open end a service at its start."""

import pytest

from contracts.access.settings import AccessSettings
from contracts.errors import BadSettingError
from contracts.settings import read_settings
from gateway.settings import GatewaySettings
from notifier.settings import NotifierSettings
from tests.access import SECRET


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"VISIBILITY": "own"}, "STAGECAST_SECRET"),
        ({"VISIBILITY": "mine"}, "STAGECAST_VISIBILITY"),
        ({"AUTH_SECRET": SECRET, "SECRET": "s"}, "STAGECAST_AUTH_ISSUER"),
        ({"AUTH_SECRET": SECRET, "AUTH_ISSUER": "i", "AUTH_AUDIENCE": "a"}, "STAGECAST_SECRET"),
        ({"AUTH_SECRET": "short"}, "STAGECAST_AUTH_SECRET"),
        ({"AUTH_ISSUER": "i", "AUTH_AUDIENCE": "a"}, "STAGECAST_AUTH_JWKS_URL"),
        ({"AUTH_JWKS_URL": "http://issuer.example/keys"}, "STAGECAST_AUTH_JWKS_URL"),
        ({"AUTH_JWKS_URL": "file:///etc/passwd"}, "STAGECAST_AUTH_JWKS_URL"),
        ({"AUTH_JWKS_URL": "https://issuer.example/keys", "AUTH_SECRET": SECRET}, "not both"),
        ({"AUTH_ALGORITHMS": "none"}, "STAGECAST_AUTH_ALGORITHMS"),
        ({"AUTH_ALGORITHMS": "HS256"}, "STAGECAST_AUTH_ALGORITHMS"),
        ({"AUTH_LEEWAY_SECONDS": "3600"}, "STAGECAST_AUTH_LEEWAY_SECONDS"),
        ({"ALLOWED_HOSTS": "https://files.example"}, "STAGECAST_ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "files.example:8000"}, "STAGECAST_ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*.example"}, "STAGECAST_ALLOWED_HOSTS"),
    ],
)
def test_what_does_not_fit_together_is_said(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"STAGECAST_{name}", value)
    with pytest.raises(BadSettingError) as refused:
        read_settings(AccessSettings)
    assert named in str(refused.value)
    assert SECRET not in str(refused.value)
    assert "STAGECAST_:" not in str(refused.value)


@pytest.mark.parametrize("origins", ["*", "null", "https://files.example/", "files.example", "https://Files.example"])
def test_what_is_no_origin_is_none_to_trust(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    """`*` above all, which would let any page read what its reader may."""
    for settings, name in ((GatewaySettings, "GATEWAY"), (NotifierSettings, "NOTIFIER")):
        monkeypatch.setenv(
            f"STAGECAST_{name}_ALLOWED_ORIGINS", "https://ok.example,http://localhost:8000,http://[::1]:1"
        )
        read_settings(settings)
        monkeypatch.setenv(f"STAGECAST_{name}_ALLOWED_ORIGINS", f"https://ok.example,{origins}")
        with pytest.raises(BadSettingError, match=f"{name}_ALLOWED_ORIGINS"):
            read_settings(settings)


def test_what_is_empty_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose files leave it."""
    for name in (
        "SECRET",
        "OWNER_SECRET",
        "VISIBILITY",
        "AUTH_SECRET",
        "AUTH_JWKS_URL",
        "AUTH_ISSUER",
        "AUTH_AUDIENCE",
        "ALLOWED_HOSTS",
    ):
        monkeypatch.setenv(f"STAGECAST_{name}", "")
    settings = read_settings(AccessSettings)
    assert (settings.secrets, settings.needs_tokens, settings.owner_secret) == ((), False, None)
    assert settings.hosts == ()


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ()),
        ({"ALLOWED_HOSTS": "Files.example, other.example"}, ("files.example", "other.example")),
        ({"ALLOWED_HOSTS": ",files.example"}, ("files.example",)),  # as the compose file puts it together
        ({"ALLOWED_HOSTS": "*"}, ("*",)),
        ({"VISIBILITY": "own", "SECRET": "s"}, ("*",)),
        ({"AUTH_SECRET": SECRET, "AUTH_ISSUER": "i", "AUTH_AUDIENCE": "a", "SECRET": "s"}, ("*",)),
        ({"VISIBILITY": "own", "SECRET": "s", "ALLOWED_HOSTS": "files.example"}, ("files.example",)),
    ],
)
def test_names_must_be_said_where_everybody_sees_everything(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], names: tuple[str, ...]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"STAGECAST_{name}", value)
    assert read_settings(AccessSettings).hosts == names


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SECRET": "hush1,hush2",
        "AUTH_SECRET": SECRET,
        "AUTH_ISSUER": "i",
        "AUTH_AUDIENCE": "a",
    }.items():
        monkeypatch.setenv(f"STAGECAST_{name}", value)
    settings = read_settings(AccessSettings)
    assert settings.secrets == ("hush1", "hush2")
    assert "hush" not in repr(settings)
    assert SECRET not in repr(settings)
