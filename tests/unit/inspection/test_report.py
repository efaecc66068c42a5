"""The report: one page that needs nothing else and runs nothing, whatever is in the file."""

import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from processor.inspection import inspect
from processor.inspection.report.markup import _ATTRIBUTES, _TAGS, element, preformatted
from processor.inspection.report.treemap import layout
from processor.inspection.wording import human_size, percent, visible
from tests.unit.inspection.files import image, noise, tarred, with_encrypted_entries, zipped
from tests.unit.inspection.test_text import pdf
from tests.unit.inspection.workbench import Inspect

STAGES = tuple(plan.name for plan in inspect.stages)
EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'&amp;\u202e\x1b"
FILES = {
    "table": f"{EVIL.replace(',', '')},b\n{EVIL},1\nx,2\n{EVIL},x,broken\n".encode(),
    "records": ('{"<script>alert(1)</script>": "</style><script>"}\n' * 3).encode(),
    "json": b'{"<script>alert(1)</script>": {"</title><script>": 1}}',
    "zip": with_encrypted_entries(zipped({f"../{EVIL}/{n}.<script>": noise(90 * n) for n in range(1, 20)})),
    "tar": tarred({f"a{n}/<script>{n}": noise(500) for n in range(15)}, "w:gz"),
    "text": f"<script>alert(1)</script> {EVIL}\n".encode() * 20,
    "pdf": pdf(title=EVIL),
    "binary": b"<script>alert(1)</script>\0" + noise(3000),
    "empty": b"",
}


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def read(page: str) -> Reader:
    """Read a page and check that it is what any report may be."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    assert reader.tags <= {tag.lower() for tag in _TAGS} | {"style"}
    assert page.count("<style>") == 1
    for _, name, value in reader.attributes:
        assert name in {attribute.lower() for attribute in _ATTRIBUTES}
        assert name != "src" or value.startswith("data:image/png;base64,")
    assert not re.search(r"url\(|@import|https?:", page)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", page)
    return reader


@pytest.mark.parametrize("kind", FILES)
def test_a_report_holds_no_markup_of_strangers(kind: str, inspected: Inspect) -> None:
    result = inspected(FILES[kind], f"{EVIL}.{kind}", stages=STAGES)

    seen = read(result.page)
    assert "alert(1)" in seen.text  # at least the name is shown, as text
    assert result.facts["checksum"]["sha256"] in seen.text


def test_a_table_has_plots_and_their_numbers(inspected: Inspect) -> None:
    rows = "".join(f"{n},{n % 3},{'w' * (n % 4 + 1)},x\n" for n in range(100))
    page = inspected(f"n,m,o,p\n{rows}", "t.csv", stages=STAGES).page

    seen = read(page)
    assert {"svg", "rect", "table", "details"} <= seen.tags
    assert "100 rows × 4 columns" in seen.text
    assert "4 distinct · 1 to 4 characters" in seen.text
    assert "1 distinct · 1 character" in seen.text


def test_an_image_is_in_the_page(inspected: Inspect) -> None:
    exif = Image.Exif()
    exif[0x0110] = "<script>"
    page = inspected(image("JPEG", exif=exif), "t.jpg", stages=STAGES).page

    seen = read(page)
    assert "img" in seen.tags
    assert "path" in seen.tags
    assert "<script>" in seen.text


def test_a_wide_table_makes_no_endless_page(inspected: Inspect) -> None:
    header = ",".join(f"column {n} {'x' * 500}" for n in range(250))
    rows = "\n".join(",".join(f"{n}" * 300 for n in range(250)) for _ in range(3))

    page = inspected(f"{header}\n{rows}\n", "t.csv", stages=STAGES).page

    assert len(page) < 600_000
    read(page)


def test_elements_escape_what_they_hold() -> None:
    made = element("p", "<b>&\"'", ["\u202e", None, 7], aria_label='"><script>', class_="a")

    assert made.html == ('<p aria-label="&quot;&gt;&lt;script&gt;" class="a">&lt;b&gt;&amp;&quot;&#x27;⟨U+202E⟩7</p>')


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [("script", {}), ("a", {}), ("p", {"onclick": "x"}), ("p", {"style": "x"}), ("img", {"src": "https://x"})],
)
def test_elements_refuse_what_no_report_needs(tag: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="report"):
        element(tag, **attributes)


def test_texts_are_bounded() -> None:
    assert len(element("p", "x" * 100_000).html) < 400
    assert len(preformatted("<" * 100_000, 100).html) < 500


def test_what_is_hidden_is_made_visible() -> None:
    assert visible("a\x00b\x7fc\u202ed\ud800e\u2028") == "a␀b␡c⟨U+202E⟩d⟨U+D800⟩e⟨U+2028⟩"
    assert visible("報告 👍 é\n", keep="\n") == "報告 👍 é\n"


def test_a_treemap_fills_its_room() -> None:
    boxes = layout([50, 25, 15, 5, 5])

    assert sum(box.width * box.height for box in boxes) == pytest.approx(10_000)
    assert [box.width * box.height for box in boxes] == pytest.approx([5000, 2500, 1500, 500, 500])


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (431_000_000, "431 MB"), (999_999, "1.0 MB"),
     (5 * 10**15, "5,000 TB")],
)  # fmt: skip
def test_sizes_in_words(size: int, words: str) -> None:
    assert human_size(size) == words


def test_shares_in_words() -> None:
    assert [percent(0, 5), percent(1, 3), percent(1, 10**6), percent(5, 5), percent(1, 0)] == [
        "0 %", "33.3 %", "< 0.1 %", "100 %", "–",
    ]  # fmt: skip
