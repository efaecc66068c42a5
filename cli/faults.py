"""What the user can put right, said in one line."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from obstore.exceptions import BaseError as StoreError

from cli.errors import CannotDoError, CannotStartError
from cli.output import RUNNER, shown
from contracts.errors import BadSettingError, PortTakenError
from contracts.service import EX_CONFIG


@contextmanager
def faults_said() -> Iterator[None]:
    """One clear message on standard error, and an exit code, for what the user can put right."""
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # a broker that is away is said in our words
    try:
        yield
    except (BadSettingError, PortTakenError) as error:
        sys.stderr.write(f"{RUNNER}: {error}\n")
        raise typer.Exit(EX_CONFIG) from error
    except (CannotStartError, CannotDoError) as error:
        sys.stderr.write(f"{RUNNER}: {error}\n")
        raise typer.Exit(1) from error
    except (OSError, StoreError) as error:  # a folder that cannot be written, a full disk, a store that is away
        sys.stderr.write(f"{RUNNER}: {shown(str(error))}\n")
        raise typer.Exit(1) from error
