"""What the page says: the same in each language."""

import re
from pathlib import Path

from tests.unit.web.page_code import WEB, PageCode

IN_HTML = re.compile(r'data-(?:say|label|hint)="(\w+)"')
IN_CODE = re.compile(r'\bsay\((?:\w+ \? )?"(\w+)"')


def texts(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text


def places(text: str | list[str]) -> set[str]:
    return {place for each in texts(text) for place in re.findall(r"{(\w+)}", each)}


def test_both_languages_say_the_same(page: PageCode) -> None:
    english, chinese = page.catalogues()["en"], page.catalogues()["zh"]
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert places(text) == places(chinese[key]), key
        assert len(texts(text)) == len(texts(chinese[key])), key
        assert all(texts(text) + texts(chinese[key])), key


def test_everything_that_the_page_says_has_words(page: PageCode) -> None:
    said = set(IN_HTML.findall((WEB / "index.html").read_text()))
    for path in Path(WEB).glob("*.js"):
        said |= set(IN_CODE.findall(path.read_text()))
    assert len(said) > 50
    assert said <= set(page.catalogues()["en"])


def test_no_words_are_left_that_nobody_says(page: PageCode) -> None:
    code = "".join(path.read_text() for path in WEB.glob("*.[jh]*") if not path.name.startswith("words."))
    states = {"queued", "running", "retrying", "completed", "failed", "cancelled", "connecting", "live", "ended"}
    unsaid = [key for key in page.catalogues()["en"] if f'"{key}"' not in code and key not in states]
    assert unsaid == []
