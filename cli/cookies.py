"""The anonymous cookie of this account, so that what `send` has sent is `--mine`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar, LoadError, LWPCookieJar
from pathlib import Path


def state_folder() -> Path:
    """Where this account's programs keep what should outlive them (XDG Base Directory Specification)."""
    chosen = os.environ.get("XDG_STATE_HOME", "")
    return (Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".local" / "state") / "stagecast"


@contextmanager
def kept_cookies(path: Path) -> Iterator[CookieJar]:
    """Cookies from the file, and what they have become back into it; readable by this account alone.

    A file that cannot be read or written costs `--mine`, and nothing else.
    """
    jar = LWPCookieJar()
    with suppress(OSError, LoadError, UnicodeDecodeError):
        jar.load(str(path))
    before = jar.as_lwp_str()
    try:
        yield jar
    finally:
        if jar.as_lwp_str() != before:
            with suppress(OSError):
                _save(jar, path)


def _save(jar: LWPCookieJar, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    jar.save(str(fresh))
    fresh.chmod(0o600)
    fresh.replace(path)
