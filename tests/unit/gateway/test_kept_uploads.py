from pathlib import Path

from obstore.store import LocalStore

from gateway.idempotency import KeptUploads, read_key

FIRST = ("0199d3a4-0000-7000-8000-000000000001",)
OTHER = ("0199d3a4-0000-7000-8000-000000000002",)


async def test_a_key_that_was_made_at_a_try_without_an_answer_is_ours(tmp_path: Path) -> None:
    """A bucket's client repeats what failed, and then finds its own."""
    kept = KeptUploads(LocalStore(tmp_path))
    key = read_key("the-key", request="PUT /upload/a.txt")
    assert key is not None
    assert await kept.keep(key, FIRST)
    assert await kept.keep(key, FIRST)
    assert not await kept.keep(key, OTHER)
