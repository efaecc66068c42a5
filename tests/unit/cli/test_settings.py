from pathlib import Path

import pytest

from cli.services import service_environment
from cli.settings import StackSettings, page_url, reachable


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("STORE_URL", "SECRET", "LOG_FORMAT", "LOCAL_FOLDER", "HOST", "GATEWAY_PORT"):
        monkeypatch.delenv(f"STAGECAST_{name}", raising=False)


def test_everything_is_in_the_local_folder_unless_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert StackSettings().local_folder == tmp_path / ".local"
    assert StackSettings().blobs_url == (tmp_path / ".local" / "blobs").as_uri()
    monkeypatch.setenv("STAGECAST_LOCAL_FOLDER", "elsewhere")
    assert StackSettings().blobs_url == (tmp_path / "elsewhere" / "blobs").as_uri()
    monkeypatch.setenv("STAGECAST_STORE_URL", "s3://bucket")
    assert StackSettings().blobs_url == "s3://bucket"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("192.0.2.7", "192.0.2.7"),
        ("my-laptop", "my-laptop"),
    ],
)
def test_where_to_reach_what_listens(host: str, address: str) -> None:
    assert reachable(host) == address


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("192.0.2.7", "http://192.0.2.7:8000"),
    ],
)
def test_the_pages_address_is_one_for_people(host: str, url: str) -> None:
    assert page_url(StackSettings(host=host)) == url


def test_services_agree_on_secret_and_store(monkeypatch: pytest.MonkeyPatch) -> None:
    made = service_environment(StackSettings())
    assert made["STAGECAST_SECRET"] == service_environment(StackSettings())["STAGECAST_SECRET"]
    assert made["STAGECAST_STORE_URL"].endswith("/.local/blobs")
    assert made["STAGECAST_LOG_FORMAT"] == "console"
    monkeypatch.setenv("STAGECAST_SECRET", "mine")
    monkeypatch.setenv("STAGECAST_LOG_FORMAT", "json")
    given = service_environment(StackSettings())
    assert (given["STAGECAST_SECRET"], given["STAGECAST_LOG_FORMAT"]) == ("mine", "json")
