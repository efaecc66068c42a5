"""One supervised process: started, watched until it is ready, started again when it dies."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from cli.child import Child, Command, running
from cli.ending import Ending, first_of
from cli.errors import CannotStartError
from cli.output import RUNNER, Output, shown
from cli.verdict import GiveUp, StartAgain, ending, judge

PROBE_PAUSE = 0.1
LAST_WORDS = 12  # lines that an error message repeats
KEPT_WORDS = 200  # lines; older ones are dropped

Probe = Callable[[], Awaitable[str | None]]  # what is still missing, or None


@dataclass(frozen=True)
class Manner:
    """What is particular about a process."""

    show: Callable[[str], str | None] = str  # the line as it is shown, or None
    gist: Callable[[list[str]], list[str]] = lambda lines: lines[-LAST_WORDS:]  # what an error repeats of its lines
    patience: int = 5  # deaths before it is first ready


class Supervised:
    """Runs until it is asked to end or gives up; what it gives up on ends the stack."""

    def __init__(
        self,
        command: Command,
        probe: Probe,
        manner: Manner = Manner(),
        *,
        output: Output,
        ending: Ending,
    ) -> None:
        self.name = command.name
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.missing: str | None = None
        self._command = command
        self._probe = probe
        self._output = output
        self._ending = ending
        self._manner = manner
        self._asked = asyncio.Event()
        self._child: Child | None = None
        self._last_words: deque[str] = deque(maxlen=KEPT_WORDS)
        self._complaint: str | None = None

    async def run(self) -> None:
        """Keep the process running; returns once it has ended for good."""
        deaths = 0
        try:
            while not self._asked.is_set():
                code, became_ready = await self._run_once()
                if self._asked.is_set():
                    return
                deaths = 1 if became_ready else deaths + 1
                match judge(code, was_ready=self.ready.is_set(), deaths=deaths, patience=self._manner.patience):
                    case GiveUp(reason):
                        self._ending.fail(CannotStartError(self._epitaph(reason)))
                        return
                    case StartAgain(after):
                        self._say_again(code, after)
                        await first_of(self._asked, limit=after)
        finally:
            self._say_complaint()
            self.ended.set()

    def ask_to_end(self) -> None:
        """Ask the process to end in order; it isn't started again."""
        self._asked.set()
        if self._child is not None:
            self._child.terminate()

    def kill(self) -> None:
        """End the process and all that it started, now."""
        self._asked.set()
        if self._child is not None:
            self._child.kill_group()

    async def _run_once(self) -> tuple[int, bool]:
        """The exit code, and whether it was ready this time."""
        self._complaint = None
        async with running(self._command, self._on_line) as child, asyncio.TaskGroup() as tasks:
            self._child = child
            if self._asked.is_set():
                child.terminate()
            probing = tasks.create_task(self._become_ready())
            code = await child.wait()
            self._child = None
            return code, not probing.cancel()

    async def _become_ready(self) -> None:
        while (missing := await self._probe()) is not None:
            self.missing = missing
            await asyncio.sleep(PROBE_PAUSE)
        self.missing = None
        self.ready.set()

    def _on_line(self, text: str) -> None:
        """Show a line. A service's own last complaint, `name: …`, waits: if it gives up, the error says it, once."""
        self._say_complaint()
        self._last_words.append(text)
        if not self.ready.is_set() and text.startswith(f"{self.name}: "):
            self._complaint = text
        elif (line := self._manner.show(text)) is not None:
            self._output.line(self.name, line)

    def _say_complaint(self) -> None:
        if self._complaint is not None:
            self._output.line(self.name, self._complaint)
            self._complaint = None

    def _say_again(self, code: int, after: float) -> None:
        self._say_complaint()
        self._output.line(RUNNER, f"{self.name} ended with {ending(code)}; starting it again in {after:.1f} s")

    def _epitaph(self, reason: str) -> str:
        if self._complaint is not None:
            complaint, self._complaint = self._complaint, None
            return shown(complaint)
        words = "\n".join(f"  {shown(line)}" for line in self._manner.gist(list(self._last_words)) if line.strip())
        return f"{self.name} cannot be kept running: {reason}. Its last lines:\n{words or '  (none)'}"


async def all_ready(members: list[Supervised], ending: Ending, *, limit: float) -> None:
    """Return when all are ready or the end has begun; being late begins it."""
    deadline = asyncio.get_running_loop().time() + limit
    for member in members:
        await first_of(member.ready, ending.begun, limit=deadline - asyncio.get_running_loop().time())
    if late := [member for member in members if not member.ready.is_set()]:
        reasons = "; ".join(f"{member.name}: {member.missing or 'it did not start'}" for member in late)
        ending.fail(CannotStartError(f"not ready within {limit:.0f} s: {reasons}. The lines above may say why"))


async def end_together(members: list[Supervised], *, by: float, stagger: float, at_once: asyncio.Event) -> None:
    """Ask one after the other, the next when the last has ended or had `stagger` seconds; kill what is late."""
    loop = asyncio.get_running_loop()
    for member in members:
        member.ask_to_end()
        await first_of(member.ended, at_once, limit=max(0.0, min(stagger, by - loop.time())))
    for member in members:
        await first_of(member.ended, at_once, limit=max(0.0, by - loop.time()))
        if not member.ended.is_set():
            member.kill()
    with suppress(TimeoutError):
        async with asyncio.timeout(1):  # SIGKILL leaves little to wait for
            for member in members:
                await member.ended.wait()
