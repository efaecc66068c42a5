from pathlib import Path

import httpx
import pytest

from cli.cookies import kept_cookies, state_folder


def visit(path: Path) -> str:
    """As a client does that is given a cookie; gives what it sent."""

    def answer(request: httpx.Request) -> httpx.Response:
        set_it = {"Set-Cookie": "stagecast=abc; Max-Age=1000; Path=/; HttpOnly; SameSite=lax"}
        return httpx.Response(200, headers=set_it, text=request.headers.get("cookie", ""))

    with kept_cookies(path) as jar, httpx.Client(cookies=jar, transport=httpx.MockTransport(answer)) as http:
        return http.get("http://localhost:8000/").text


def test_it_comes_back_with_the_next_command_and_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "state" / "cookies"
    assert visit(path) == ""
    assert visit(path) == "stagecast=abc"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["cookies"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no cookies"])
def test_a_spoilt_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cookies").write_bytes(content)
    assert visit(tmp_path / "cookies") == ""
    assert visit(tmp_path / "cookies") == "stagecast=abc"


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder would be")
    assert visit(tmp_path / "state" / "cookies") == ""


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "stagecast"
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local" / "state" / "stagecast"
