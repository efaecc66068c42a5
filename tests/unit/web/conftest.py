import shutil
from collections.abc import Iterator

import pytest

from tests.ground import missing
from tests.unit.web.page_code import PageCode, running_page_code


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageCode]:
    """The page's code, in Node."""
    node = shutil.which("node")
    if node is None:
        missing("no node on this machine: install nodejs for the tests of the page's code")
    with running_page_code(node, tmp_path_factory.mktemp("page")) as code:
        yield code
