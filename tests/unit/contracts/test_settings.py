from pathlib import Path

import pytest

from contracts.errors import BadSettingError
from contracts.settings import SharedSettings, read_settings
from gateway.settings import GatewaySettings
from notifier.settings import NotifierSettings
from processor.settings import ProcessorSettings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("STAGECAST_"):
            monkeypatch.delenv(name)


def test_defaults_are_a_laptops() -> None:
    gateway, notifier, processor = (
        read_settings(GatewaySettings),
        read_settings(NotifierSettings),
        read_settings(ProcessorSettings),
    )
    assert (gateway.gateway_port, notifier.notifier_port, processor.processor_port) == (8000, 8001, 8002)
    assert gateway.host == "127.0.0.1"
    assert processor.processor_pipelines == ()  # all that are installed
    assert "http://localhost:8000" in notifier.allowed_origins


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGECAST_PROCESSOR_PIPELINES", "a:b, c.d:e")
    assert read_settings(ProcessorSettings).processor_pipelines == ("a:b", "c.d:e")
    monkeypatch.setenv("STAGECAST_NOTIFIER_ALLOWED_ORIGINS", "https://a.example,https://b.example")
    assert read_settings(NotifierSettings).allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("STAGECAST_GATEWAY_PORT", "banana", GatewaySettings),
        ("STAGECAST_GATEWAY_PORT", "0", GatewaySettings),
        ("STAGECAST_AMQP_URL", "http://user:hunter2@host", NotifierSettings),
        ("STAGECAST_STORE_URL", "blobs", SharedSettings),
        ("STAGECAST_PROCESSOR_CONCURRENCY", "0", ProcessorSettings),
        ("STAGECAST_PROCESSOR_GRACE_SECONDS", "-1", ProcessorSettings),
        ("STAGECAST_PROCESSOR_WORKDIR", "/no/such/folder", ProcessorSettings),
        ("STAGECAST_SECRETS_FOLDER", "/no/such/folder", GatewaySettings),
    ],
)
def test_a_wrong_value_is_named_but_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, kind: type[SharedSettings]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettingError, match=name) as caught:
        read_settings(kind)
    assert "hunter2" not in str(caught.value)


def test_secrets_may_be_files_and_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "STAGECAST_AMQP_URL").write_text("amqp://from:file@broker/\n")
    (tmp_path / "STAGECAST_SECRET").write_text("from a file\n")
    monkeypatch.setenv("STAGECAST_SECRETS_FOLDER", str(tmp_path))
    monkeypatch.setenv("STAGECAST_SECRET", "from the environment")
    settings = read_settings(GatewaySettings)
    assert settings.amqp_url.get_secret_value() == "amqp://from:file@broker/"
    assert settings.secret is not None
    assert settings.secret.get_secret_value() == "from the environment"
