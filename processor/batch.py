"""Messages that leave together: one write for all of them, and a confirm for each."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import marshal
from pamqp.header import ContentHeader


@dataclass(frozen=True)
class Batch:
    """Messages for one exchange under one routing key, in order: the body and the properties of each."""

    exchange: str
    routing_key: str
    messages: Sequence[tuple[bytes, Basic.Properties]]

    async def publish(self, channel: Channel) -> None:
        """Returns when the broker has confirmed each of them.

        `Channel.basic_publish` takes a task, a lock, a write and three frames for each: for events that was most of
        what the processor did for a job without much to do. Here what they have in common is made once.
        """
        async with channel.lock:
            await channel.write_queue.put(ChannelFrame(b"".join(self._frames(channel)), should_close=False))
            # Nothing is awaited in between, so no confirm can come before somebody waits for it.
            confirms = [_next_confirm(channel) for _ in self.messages]
        await asyncio.gather(*confirms)

    def _frames(self, channel: Channel) -> Iterator[bytes]:
        """As AMQP has it: for each message a method, a header, and the body in as many pieces as it needs."""
        method = marshal(Basic.Publish(exchange=self.exchange, routing_key=self.routing_key), channel.number)
        most = channel.max_content_size
        for body, properties in self.messages:
            yield method
            yield marshal(ContentHeader(body_size=len(body), properties=properties), channel.number)
            for begin in range(0, len(body), most):
                yield marshal(ContentBody(body[begin : begin + most]), channel.number)


def _next_confirm(channel: Channel) -> asyncio.Future[object]:
    """The broker counts what is published on a channel, and so must we."""
    channel.delivery_tag += 1
    confirm: asyncio.Future[object] = channel.create_future()
    channel.confirmations[channel.delivery_tag] = confirm
    return confirm
