"""The service's side of a stage's process: start it, listen to it, end it."""

import asyncio
import pickle
import signal
import time
from collections.abc import Iterable
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from processor.catalogue import load_pipeline
from processor.child import Finished, Raised, StageWork, run_stages
from processor.errors import StageCrashedError
from processor.stage_log import Logged, write
from processor.stage_output import StageOutput
from processor.workplace import Found, Progress, Saved

Message = Progress | Saved | Found | Finished | Raised

MOST_GIVEN_BYTES = 32 * 1024  # always fit into an empty pipe, so giving never waits; what is more goes to a new process

# Forked from a small server process that has the pipelines imported: a stage starts in some 10 ms and, unlike
# a fork of the service itself, has none of its threads, sockets or broker connections.
_CONTEXT = get_context("forkserver")


def warm_up(modules: Iterable[str]) -> None:
    """Start the fork server, with these modules imported in it."""
    _CONTEXT.set_forkserver_preload(["processor.child", *modules])
    forkserver.ensure_running()


class StageProcess:
    """A stage at work in a process of its own."""

    def __init__(self, process: ForkServerProcess, pipe: Connection, works: Connection, output: StageOutput) -> None:
        self._process = process
        self._pipe = pipe
        self._works = works
        self._output = output
        self._held: Message | None = None
        self.may_go_on = False  # it ended well, and its process is as it was before
        self.jobs = 0  # that it has done
        self.began = time.monotonic()

    def go_on(self, work: StageWork) -> bool:
        """Give its process another stage of the same pipeline; False when that cannot be."""
        packed = pickle.dumps(work)
        self.may_go_on = False
        self._output.begin(job_id=work.job_id, stage=_stage_name(work))
        if len(packed) > MOST_GIVEN_BYTES:
            return False
        try:
            self._works.send_bytes(packed)
        except OSError:  # killed by somebody while it waited
            return False
        return True

    async def receive(self) -> Message:
        """The next message; of progress that has piled up, only the newest.

        Raises:
            StageCrashedError: the process ended without an outcome.
        """
        message, self._held = self._held, None
        if message is None:
            message = await self._read()
        if isinstance(message, Finished) and message.may_go_on:
            self._output.finish()
            self.may_go_on = True
        while isinstance(message, Progress) and self._pipe.poll():
            match following := await self._next():
                case Progress():
                    message = following
                case Logged():
                    self._write(following)
                case _:
                    self._held = following
                    break
        return message

    async def end(self) -> None:
        """Have the stage and all that it started killed, if it is still there, and wait for it."""
        self._pipe.close()
        self._works.close()
        await _readable(self._process.sentinel)
        self._process.join()
        self._process.close()
        self._output.finish()
        self._output.close()

    async def _read(self) -> Message:
        """The next message that is no log line; those are written as they come."""
        while isinstance(message := await self._next(), Logged):
            self._write(message)
        return message

    def _write(self, line: Logged) -> None:
        write(line, job_id=self._output.job_id, stage=self._output.stage)

    async def _next(self) -> Message | Logged:
        if not self._pipe.poll():
            await _readable(self._pipe.fileno())
        try:
            message: Message | Logged = self._pipe.recv()
        except (EOFError, ConnectionResetError) as error:
            await _readable(self._process.sentinel)
            raise StageCrashedError(describe_exit(self._process.exitcode)) from error
        return message


async def start_stage(work: StageWork) -> StageProcess:
    """In a new process."""
    ours, theirs = _CONTEXT.Pipe()  # both ways, so that the stage notices when we are gone
    taking, works = _CONTEXT.Pipe(duplex=False)
    printed, printing = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=run_stages, args=(work, theirs, taking, printing))
    await asyncio.to_thread(process.start)
    for each in (theirs, taking, printing):
        each.close()
    return StageProcess(process, ours, works, StageOutput(printed, job_id=work.job_id, stage=_stage_name(work)))


def _stage_name(work: StageWork) -> str:
    return load_pipeline(work.pipeline).stages[work.index].name


def describe_exit(code: int | None) -> str:
    """Why a process ended without a word, for people."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; the machine may have run out of memory" if -code == signal.SIGKILL else ""
        return f"the stage's process was killed by {name}{hint}"
    return f"the stage's process ended by itself with exit code {code}"


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
