from client.pause import LONGEST, pause


def test_it_doubles_with_jitter_up_to_its_bound() -> None:
    for failures, base in ((1, 2.0), (2, 4.0), (3, 8.0), (50, LONGEST)):
        pauses = [pause(failures, least=2.0) for _ in range(200)]
        assert base <= min(pauses)
        assert max(pauses) <= base * 1.5
        assert len(set(pauses)) > 100


def test_it_is_never_shorter_than_the_server_asked_for() -> None:
    assert min(pause(1, least=0.1, asked=7.0) for _ in range(100)) >= 7.0
