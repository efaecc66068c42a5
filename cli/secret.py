"""The secret that signs cookies on this machine: made once, readable by its owner alone."""

import os
import secrets
from pathlib import Path


def local_secret(path: Path) -> str:
    """Read the secret at `path`, or make it; never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if secret := path.read_text(encoding="ascii").strip():
            return secret
        path.unlink()  # an earlier start ended between making the file and writing it
        return local_secret(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii")
