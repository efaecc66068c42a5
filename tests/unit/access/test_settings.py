"""Settings that would leave a door open end a service at its start."""

import pytest

from contracts.access.settings import AccessSettings
from contracts.errors import BadSettingError
from contracts.settings import read_settings
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
    ):
        monkeypatch.setenv(f"STAGECAST_{name}", "")
    settings = read_settings(AccessSettings)
    assert (settings.secrets, settings.needs_tokens, settings.owner_secret) == ((), False, None)


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
