"""The README's pipeline, taken from its page and run as the README says; and the files that the pages name."""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

import obstore
import pytest

from contracts.blobs import artifact_key, open_store, source_key
from contracts.events import Event
from contracts.job import Job
from processor.catalogue import load_catalogue
from processor.workshop import Workshop
from tests.attempts import a_chronicle, fresh_record, run_attempt
from tests.samples import JOB_ID

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
EXAMPLE = re.compile(r"<!-- example: (\w+)\.py -->\n```python\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


async def test_the_pipeline_in_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [(module, code)] = EXAMPLE.findall(README.read_text(encoding="utf-8"))
    (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, module, raising=False)
    url = (tmp_path / "blobs").as_uri()
    store = open_store(url)
    content = b"one two\nthree\n" * 1000
    await obstore.put_async(store, source_key(JOB_ID), content)
    [(name, offer)] = load_catalogue((f"{module}:{module}",)).items()
    events: list[Event] = []

    async def publish(*told: Event) -> None:
        events.extend(told)

    job = Job(id=JOB_ID, name="报告.txt", size=len(content), pipeline=name)
    chronicle = a_chronicle(offer, fresh_record(job), store, publish)
    await run_attempt(chronicle, offer, Workshop(store, url))
    answer = await obstore.get_async(store, artifact_key(JOB_ID, "words.txt"))
    assert bytes(await answer.bytes_async()).decode() == "报告.txt: 3000 words\n"
    assert events[-1].type == "stage.completed"


def test_the_example_is_as_short_as_it_says() -> None:
    [(_, code)] = EXAMPLE.findall(README.read_text(encoding="utf-8"))
    assert len(code.splitlines()) <= 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [unquote(target) for target in LINK.findall(page.read_text(encoding="utf-8"))]
    assert [target for target in targets if not (page.parent / target).exists()] == []
