"""How a service's process begins and ends."""

import asyncio
import gc
import signal
from collections.abc import Iterator

import pytest

from contracts.service import run_service
from contracts.settings import SharedSettings


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """This process goes on after a service has ended in it."""
    yield
    gc.unfreeze()


def exit_code(main: object) -> object:
    with pytest.raises(SystemExit) as end:
        run_service("test", SharedSettings, main)  # type: ignore[arg-type]
    return end.value.code


def test_collections_pass_over_what_was_imported() -> None:
    passed_over = []

    async def main(_: SharedSettings, __: asyncio.Event) -> None:
        passed_over.append(gc.get_freeze_count())

    assert exit_code(main) == 0
    assert passed_over[0] > 10_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_for_an_ordered_end(number: signal.Signals) -> None:
    ended = []

    async def main(_: SharedSettings, stop: asyncio.Event) -> None:
        signal.raise_signal(number)
        await stop.wait()
        ended.append(number)

    assert exit_code(main) == 0
    assert ended == [number]


def test_a_setting_that_cannot_work_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGECAST_LOG_LEVEL", "loud")

    async def main(_: SharedSettings, __: asyncio.Event) -> None:
        raise AssertionError("never begun")

    assert exit_code(main) == 78
    assert capsys.readouterr().err.startswith("test: STAGECAST_LOG_LEVEL: ")
