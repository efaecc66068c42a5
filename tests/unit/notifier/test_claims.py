"""Who came first is who came first, as long as it matters."""

from notifier.claims import KEPT_SECONDS, MAX_CLAIMS, Claims


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def mark(*claims: str) -> bytes:
    return " ".join(("stagecast mark 0597705c-1111", *claims)).encode()


def test_the_first_claim_counts_wherever_it_stands() -> None:
    claims = Claims()
    claims.note(mark("ticket:a", "other:b"))
    claims.note(mark("other:c", "ticket:b"))
    assert claims.is_first("ticket", "a")
    assert claims.is_first("other", "b")
    assert not claims.is_first("ticket", "b")
    assert not claims.is_first("unknown", "a")


def test_full_it_takes_nothing_new_until_the_old_may_go() -> None:
    clock = Clock()
    claims = Claims(clock=clock)
    for number in range(MAX_CLAIMS):
        claims.note(mark(f"t{number}:a"))
    claims.note(mark("late:a"))
    assert not claims.is_first("late", "a")
    assert claims.is_first("t0", "a")
    clock.now = KEPT_SECONDS
    claims.note(mark("later:a"))
    assert claims.is_first("later", "a")
