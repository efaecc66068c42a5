import stat
from pathlib import Path

from cli.secret import local_secret


def test_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "secret"
    secret = local_secret(path)
    assert len(secret) >= 64
    assert local_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_one_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch()
    assert local_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
