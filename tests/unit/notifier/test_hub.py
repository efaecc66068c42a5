import asyncio

from notifier import sse
from notifier.frames import Format
from notifier.hub import Delivery, Hub


async def test_what_is_pending_comes_together_and_in_order() -> None:
    with Hub().subscribe(Format.JSON) as subscription:
        for frame in (b"1", b"2", b"3"):
            subscription.push(Delivery(frame))
        assert [delivery.frame for delivery in await subscription.take()] == [b"1", b"2", b"3"]


async def test_a_reader_waits_for_the_first_frame() -> None:
    with Hub().subscribe(Format.JSON) as subscription:
        taking = asyncio.ensure_future(subscription.take())
        await asyncio.sleep(0)
        assert not taking.done()
        subscription.push(Delivery(b"x"))
        assert [delivery.frame for delivery in await taking] == [b"x"]


async def test_a_closed_stream_ends_after_what_is_pending() -> None:
    with Hub().subscribe(Format.JSON) as subscription:
        subscription.push(Delivery(b"last"))
        subscription.close()
        assert [delivery.frame for delivery in await subscription.take()] == [b"last"]
        assert await subscription.take() == []


async def test_only_quiet_streams_get_a_heartbeat() -> None:
    hub = Hub(heartbeat_seconds=0.01)
    with hub.subscribe(Format.JSON) as quiet, hub.subscribe(Format.JSON) as busy:
        busy.push(Delivery(b"x"))
        beating = asyncio.ensure_future(hub.keep_beating())
        assert [delivery.frame for delivery in await quiet.take()] == [sse.HEARTBEAT]
        beating.cancel()
        assert [delivery.frame for delivery in await busy.take()] == [b"x"]


async def test_the_hub_forgets_who_left() -> None:
    hub = Hub()
    with hub.subscribe(Format.JSON):
        assert len(hub) == 1
    assert len(hub) == 0


async def test_draining_says_goodbye_and_ends_every_stream() -> None:
    hub = Hub()
    with hub.subscribe(Format.JSON) as one, hub.subscribe(Format.TEXT) as two:
        await hub.drain()
        for subscription in (one, two):
            [farewell] = await subscription.take()
            assert b"event: draining\n" in farewell.frame
            assert farewell.frame.startswith(b"retry: ")
            assert await subscription.take() == []
    assert hub.is_draining
