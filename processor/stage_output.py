"""What a stage's process, and what it starts, prints: into the processor's log, and never too much of it."""

import asyncio
import os
from multiprocessing.connection import Connection

import structlog

READ_BYTES = 64 * 1024  # what a pipe holds
MAX_LINES = 200  # a stage; of what comes after them only the last lines are kept, until the stage ends
MAX_LINE_BYTES = 1_000  # what is longer is cut
LAST_LINES = 10
LAST_BYTES = 8 * 1024
LEFT_READS = 16  # at the end, so that what escaped the stage's group cannot keep us

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class StageOutput:
    """Reads as fast as the stage prints, so printing never holds it up."""

    def __init__(self, pipe: Connection, *, job_id: str, stage: str) -> None:
        self._pipe = pipe
        self._loop = asyncio.get_running_loop()
        self.begin(job_id=job_id, stage=stage)
        os.set_blocking(pipe.fileno(), False)
        self._loop.add_reader(pipe.fileno(), self._read)

    def begin(self, *, job_id: str, stage: str) -> None:
        """From now on it is this stage's."""
        self.job_id = job_id
        self.stage = stage
        self._log = log.bind(job_id=job_id, stage=stage)
        self._lines = 0
        self._rest = b""
        self._dropped = 0  # bytes

    def finish(self) -> None:
        """Take what is still in the pipe, and tell the end of what was too much."""
        for _ in range(LEFT_READS):
            if not self._read():
                break
        lines, self._rest = self._rest.split(b"\n"), b""
        last = lines[-LAST_LINES:]
        self._dropped += sum(len(line) + 1 for line in lines[:-LAST_LINES])
        if self._dropped:
            self._log.warning("stage.printed_too_much", dropped_bytes=self._dropped)
        self._dropped = 0
        for line in last:
            self._tell(line)

    def close(self) -> None:
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()

    def _read(self) -> bool:
        """Whether there may be more."""
        try:
            chunk = os.read(self._pipe.fileno(), READ_BYTES)
        except BlockingIOError:
            return False
        if not chunk:
            self._loop.remove_reader(self._pipe.fileno())
            return False
        self._take(chunk)
        return True

    def _take(self, chunk: bytes) -> None:
        if self._lines < MAX_LINES:
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            now, later = lines[: MAX_LINES - self._lines], lines[MAX_LINES - self._lines :]
            for line in now:
                self._tell(line)
            self._rest = b"\n".join([*later, self._rest])
        else:
            self._rest += chunk
        self._dropped += max(0, len(self._rest) - LAST_BYTES)
        self._rest = self._rest[-LAST_BYTES:]

    def _tell(self, line: bytes) -> None:
        if text := line[:MAX_LINE_BYTES].decode(errors="replace").rstrip():
            self._lines += 1
            self._log.info("stage.printed", line=text)
