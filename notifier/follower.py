"""Follows the log of events: one consumer a process, which feeds the history and the jobs.

What the log's stream does with a wrong offset is silent (https://www.rabbitmq.com/docs/streams#consuming): one before
its beginning starts at its oldest message, one past its end waits for ever. So every session leaves a mark in the log
and begins with the message that was read last: another message there, or a mark that doesn't come, says that the log
was made anew.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from pydantic import SecretStr

from contracts.broker import broker_calls, connect, keep_trying
from contracts.topology import EVENT_LOG, EVENT_TOPOLOGY, declare
from notifier.amqp import ConsumingConnection, consuming
from notifier.cursor import Cursor, proof_of
from notifier.encoded import Encoder
from notifier.errors import LogRemadeError
from notifier.hub import Hub
from notifier.marks import Marks, is_mark, new_mark
from notifier.snapshots import Reason
from notifier.wire import Delivered

PREFETCH = 1_000
ANSWER_SECONDS = 5.0
SILENCE_SECONDS = 10.0
WATCH_SECONDS = 10.0  # between marks that show that the consumer still hears the log

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Follower:
    """Reads the log's recent part at its start, and everything after; goes on where it was when the broker returns."""

    def __init__(self, url: SecretStr, hub: Hub, encoder: Encoder, marks: Marks, *, history_events: int) -> None:
        self._url = url
        self._hub = hub
        self._encoder = encoder
        self._marks = marks
        self._history_events = history_events
        self._last: Cursor | None = None  # the newest message that was read
        self._is_expected = True  # whether the next message is the one after `_last`
        self._is_caught_up = False

    async def run(self) -> None:
        """Keep following; never returns."""
        await keep_trying(self._session, name="notifier log", link=self._hub.figures)

    def fault(self) -> str | None:
        """What keeps clients from hearing everything, for `/readyz` and heartbeats."""
        return None if self._is_caught_up else "the broker's log of events is not read to its end"

    def offset(self) -> int:
        """Of the newest message that was read, or 0."""
        return self._last.offset if self._last is not None else 0

    async def _session(self, connected: Callable[[], None]) -> None:
        await self._declare()
        async with consuming(self._url, name="notifier log") as connection:
            connected()
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(connection.keep_alive())
                    tasks.create_task(self._follow(connection))
                    await connection.closed
            finally:
                self._lose()

    async def _declare(self) -> None:
        with broker_calls():
            async with (
                asyncio.timeout(ANSWER_SECONDS),  # during a disk alarm even opening a channel hangs
                await connect(self._url, name="notifier topology") as connection,
                connection.channel() as channel,
            ):
                await declare(channel, *EVENT_TOPOLOGY)

    async def _follow(self, connection: ConsumingConnection) -> None:
        channel = await connection.open_channel(prefetch=PREFETCH)
        if self._last is None:
            await self._read(connection, await self._find_start(connection, channel))
        else:
            try:
                await self._read(connection, self._last.offset)
            except (TimeoutError, LogRemadeError):
                if not self._is_expected:  # a mark alone may be late, as in a disk alarm
                    self._begin_anew()
                raise
        await self._leave_marks(connection, channel)

    async def _find_start(self, connection: ConsumingConnection, channel: int) -> int:
        """As many messages before the end as are kept; the end is where a mark of ours is."""
        end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        mark = new_mark()

        def look(delivered: Delivered) -> None:
            if delivered.body == mark and not end.done():
                end.set_result(delivered.offset)
            connection.acknowledge(channel, delivered.delivery_tag, multiple=False)

        connection.publish(channel, EVENT_LOG.name, mark)
        await connection.consume(channel, EVENT_LOG.name, look, {"x-stream-offset": "last"})
        async with asyncio.timeout(ANSWER_SECONDS):
            offset = await end
        await connection.cancel(channel, EVENT_LOG.name)
        return max(0, offset - self._history_events)

    async def _read(self, connection: ConsumingConnection, offset: int) -> None:
        """Consume from an offset; returns when a mark that is left now has come."""
        channel = await connection.open_channel(prefetch=PREFETCH)
        self._is_expected = self._last is None

        def receive(delivered: Delivered) -> None:
            self._receive(delivered)
            if delivered.delivery_tag % (PREFETCH // 4) == 0:
                connection.acknowledge(channel, delivered.delivery_tag, multiple=True)

        await connection.consume(channel, EVENT_LOG.name, receive, {"x-stream-offset": offset})
        mark, read = self._marks.leave()
        connection.publish(channel, EVENT_LOG.name, mark)
        await self._hear(read)
        self._is_caught_up = True
        self._hub.trouble = None

    def _receive(self, delivered: Delivered) -> None:
        offset, body = delivered.offset, delivered.body
        event = None if is_mark(body) else self._encoder.read(body)
        message_id = event.id if event else body.decode("latin-1")
        cursor = Cursor(offset, proof_of(message_id))
        if not self._is_expected:
            self._expect(cursor)
            return
        self._last = cursor
        if event is not None:
            self._hub.note(event)
        position = self._hub.history.append(offset, message_id, event)
        if is_mark(body):
            self._marks.read(body, position + 1)
        self._hub.has_grown()

    def _expect(self, cursor: Cursor) -> None:
        """The first message of a session is the one that was read last; else who waits for a mark hears of it."""
        if cursor == self._last:
            self._is_expected = True
            return
        self._marks.give_up(LogRemadeError(f"the log has another message at {cursor.offset}"))

    async def _leave_marks(self, connection: ConsumingConnection, channel: int) -> None:
        """One whenever somebody asks, and one now and then: if that does not come back, nobody hears the log."""
        while True:
            await self._marks.until_asked(seconds=WATCH_SECONDS)
            asked = self._marks.asked()
            mark, read = self._marks.leave(asked.values())
            left = time.monotonic()
            connection.publish(channel, EVENT_LOG.name, mark)
            position = await self._hear(read)
            self._hub.figures.marked(seconds=time.monotonic() - left)
            self._marks.answer(asked, position)

    async def _hear(self, read: asyncio.Future[int]) -> int:
        """A mark's position. A log that is far behind is late with it, one that says nothing at all is not heard."""
        while True:
            heard = self._last
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_SECONDS):
                    return await asyncio.shield(read)
            if self._last == heard:
                raise TimeoutError("the log is no longer heard")

    def _begin_anew(self) -> None:
        """The log that was followed is gone; what its events told of jobs is still true."""
        log.warning("log.remade")
        self._last = None
        self._hub.history.forget()
        self._hub.restart(Reason.LOG_REMADE)

    def _lose(self) -> None:
        self._is_caught_up = False
        self._hub.trouble = "the message broker is away; this stream goes on when it is back"
        self._marks.forget_left()
