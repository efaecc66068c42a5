"""The response that a stream is: plain ASGI, one write for all that is pending."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from notifier import sse
from notifier.hub import RETRY_MILLISECONDS, Subscription

STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # nginx and those who follow it
    "x-content-type-options": "nosniff",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in STREAM_HEADERS.items()]
GREETING = sse.comment("stagecast") + sse.retry(RETRY_MILLISECONDS)


class EventStream(Response):
    """Writes a subscription to a client until either ends.

    A write waits while the client is slow, and so does everything behind it: only this client is delayed.
    """

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(_RAW_HEADERS)})
        await send({"type": "http.response.body", "body": GREETING, "more_body": True})
        watching = asyncio.ensure_future(self._watch(receive))
        try:
            await self._pump(send)
        finally:
            watching.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, send: Send) -> None:
        while deliveries := await self._subscription.take():
            try:
                body = b"".join(delivery.frame for delivery in deliveries)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            finally:
                for delivery in deliveries:
                    delivery.settle()

    async def _watch(self, receive: Receive) -> None:
        """An idle stream notices only here that its client has gone."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._subscription.close()
