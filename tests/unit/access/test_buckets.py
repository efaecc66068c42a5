from contracts.access.buckets import MAX_CLIENTS, Buckets


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_at_its_rate() -> None:
    clock = Clock()
    buckets = Buckets(per_second=2, burst=4, clock=clock)
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0, 1]
    clock.now = 1.0
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]
    clock.now = 1_000.0
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0, 1]


def test_there_is_an_end_to_them() -> None:
    buckets = Buckets(per_second=1, burst=1, clock=Clock())
    for number in range(MAX_CLIENTS + 1_000):
        buckets.take(str(number))
    assert len(buckets) == MAX_CLIENTS
