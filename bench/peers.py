"""The virtual environment of those that are measured beside us: what `requirements-peers.lock` names."""

import subprocess
import venv
from pathlib import Path

from bench.processes import ROOT

FOLDER = ROOT / ".local" / "bench-venv"
LOCK = ROOT / "bench" / "requirements-peers.lock"


def peers_folder() -> Path:
    """Its `bin`. It is made when it is missing, and anew when the lock has changed."""
    stamp = FOLDER / "installed.lock"
    if not stamp.exists() or stamp.read_bytes() != LOCK.read_bytes():
        venv.create(FOLDER, clear=True, with_pip=True)
        pip = (
            FOLDER / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        )
        subprocess.run([*pip, "--require-hashes", "-r", LOCK], check=True)
        stamp.write_bytes(LOCK.read_bytes())
    return FOLDER / "bin"
