import asyncio
import io

from cli.output import CHUNK, LONGEST_LINE, Output, read_lines, shown


def test_lines_are_prefixed_and_aligned() -> None:
    stream = io.StringIO()
    output = Output(stream, colour=False)
    output.line("gateway", "hello")
    output.line("processor", "报告")
    output.say("ready")
    assert stream.getvalue() == "gateway   | hello\nprocessor | 报告\nready\n"


def test_colour_is_in_the_prefix_alone() -> None:
    stream = io.StringIO()
    Output(stream, colour=True).line("gateway", "hello")
    assert stream.getvalue() == "\x1b[36mgateway   |\x1b[0m hello\n"


def test_a_line_cannot_steer_the_terminal() -> None:
    assert shown("\x1b[31mred\x1b[0m \x1b]0;title\x07 \r\x00 \u2028 tab\t") == "red �]0;title� �� � tab\t"


def test_a_line_is_bounded() -> None:
    assert shown("x" * (LONGEST_LINE + 1)) == "x" * LONGEST_LINE + "…"


class BrokenStream(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_has_gone_away_is_no_error() -> None:
    output = Output(BrokenStream(), colour=False)
    output.say("nobody reads this")
    output.say("nor this")


async def lines_of(*chunks: bytes) -> list[str]:
    reader = asyncio.StreamReader()
    for chunk in chunks:
        reader.feed_data(chunk)
    reader.feed_eof()
    return [line async for line in read_lines(reader)]


async def test_lines_come_whole_however_they_were_cut() -> None:
    cut = "报".encode()
    assert await lines_of(b"one\ntw", b"o\r\n" + cut[:1], cut[1:] + b"\nend") == ["one", "two", "报", "end"]


async def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert await lines_of(b"\xff\n") == ["�"]


async def test_an_endless_line_is_held_only_in_part() -> None:
    (line,) = await lines_of(b"x" * CHUNK * 8)
    assert LONGEST_LINE < len(line) <= CHUNK + LONGEST_LINE * 4 + 4
