"""What the user can put right, said in one line."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from obstore.exceptions import BaseError as StoreError

from cli.errors import CannotDoError, CannotStartError
from cli.exit_codes import ExitCode
from cli.output import RUNNER, shown
from client import ClientError, LostError, UnreachableError
from contracts.errors import BadSettingError, PortTakenError
from contracts.service import EX_CONFIG

# A folder that cannot be written, a full disk, a store that is away are OSErrors and StoreErrors.
FAULTS = (BadSettingError, PortTakenError, CannotStartError, CannotDoError, ClientError, OSError, StoreError)


@contextmanager
def faults_said() -> Iterator[None]:
    """One clear message on standard error, and an exit code, for what the user can put right."""
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # a broker that is away is said in our words
    try:
        yield
    except KeyboardInterrupt as error:
        raise typer.Exit(ExitCode.INTERRUPTED) from error
    except BrokenPipeError as error:  # as in `stagecast jobs | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.DONE) from error
    except FAULTS as error:
        code, words = said(error)
        sys.stderr.write(f"{RUNNER}: {words}\n")
        raise typer.Exit(code) from error


def said(error: Exception) -> tuple[int, str]:
    """The exit code and the words for a fault; every message ends with what to do."""
    match error:
        case BadSettingError() | PortTakenError():
            return EX_CONFIG, str(error)
        case LostError():
            return ExitCode.LOST_SIGHT, f"{shown(str(error))}; jobs go on without us: `stagecast jobs` shows them"
        case UnreachableError():
            return ExitCode.NOT_DONE, f"{shown(str(error))}: start it (`stagecast up`), or say where it is (--url)"
        case CannotStartError() | CannotDoError():
            return ExitCode.NOT_DONE, str(error)
        case _:
            return ExitCode.NOT_DONE, shown(str(error))
