"""How a service's process begins and ends."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import structlog
import uvloop

from contracts.errors import BadSettingError, PortTakenError
from contracts.logs import configure_logs
from contracts.settings import SharedSettings, read_settings
from contracts.traces import configure_traces

EX_CONFIG = 78  # sysexits.h: a setting or a port is wrong; starting again will not help

log: structlog.stdlib.BoundLogger = structlog.get_logger()

S = TypeVar("S", bound=SharedSettings)
Main = Callable[[S, asyncio.Event], Awaitable[None]]


def run_service(name: str, settings_class: type[S], main: Main[S]) -> NoReturn:
    """Run `main(settings, stop)`; SIGTERM or SIGINT sets `stop`. Exits 0 after an ordered end, 78 on a bad setting."""
    try:
        settings = read_settings(settings_class)
        configure_logs(name, level=settings.log_level, format=settings.log_format)
        flush_traces = configure_traces(name)
        gc.freeze()  # what is there now stays: looked through again and again, it cost each full collection 20 ms
        log.info("service.started")
        uvloop.run(_until_signalled(settings, main))
        flush_traces()
    except (BadSettingError, PortTakenError) as error:
        sys.stderr.write(f"{name}: {error}\n")
        sys.exit(EX_CONFIG)
    log.info("service.stopped")
    sys.exit(0)


async def _until_signalled(settings: S, main: Main[S]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await main(settings, stop)
