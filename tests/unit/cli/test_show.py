import io
import json

from rich.console import Console

from cli.show import Json, Lines, Screen, showing
from client import Connected, Waiting
from tests.samples import a_story, job_after

WAITING = Waiting("the stream ended", 3.2)


def drawn(screen: Screen) -> str:
    out = io.StringIO()
    Console(file=out, width=80, color_system=None).print(screen.picture())
    return out.getvalue()


def test_a_screen_says_whether_it_is_live() -> None:
    screen = Screen(Console(file=io.StringIO()))
    assert "connecting" in drawn(screen)
    screen.connection(Connected())
    screen.seen(())
    assert "no jobs yet" in drawn(screen)
    screen.seen((job_after(a_story()[0]),))
    screen.connection(WAITING)
    assert "story.csv" in drawn(screen)
    assert "reconnecting in 3 s: the stream ended" in drawn(screen)
    screen.connection(Connected())
    assert "reconnecting" not in drawn(screen)


def test_a_screen_counts_down_to_the_next_try() -> None:
    now = [100.0]
    screen = Screen(Console(file=io.StringIO()), clock=lambda: now[0])
    screen.connection(WAITING)
    now[0] += 2
    assert "reconnecting in 1 s" in drawn(screen)
    now[0] += 9
    assert "reconnecting in 0 s" in drawn(screen)


def test_without_a_terminal_it_is_lines_or_json() -> None:
    with showing(as_json=False, out=io.StringIO()) as show:
        assert isinstance(show, Lines)
    out = io.StringIO()
    with showing(as_json=True, out=out) as show:
        assert isinstance(show, Json)
        show.connection(WAITING)
        show.seen((job_after(a_story()[0]), job_after(a_story()[-1])))
    assert [json.loads(line)["state"] for line in out.getvalue().splitlines()] == ["running", "completed"]
