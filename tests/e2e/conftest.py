from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.visitor import Visit, Visitor
from tests.stack import Stack


@pytest.fixture
def page_url(stack: Stack) -> str:
    """Where the page is."""
    return stack.page_url


@pytest.fixture
def visit(browser: Browser, page_url: str) -> Iterator[Visit]:
    """Another person opens the page; all leave when the test ends."""
    with ExitStack() as leave:

        def arrive(*, script: str = "", url: str = page_url, **options: Any) -> Visitor:
            context = browser.new_context(**options)
            leave.callback(context.close)
            if script:
                context.add_init_script(script)
            visitor = Visitor(context)
            visitor.open(url)
            return visitor

        yield arrive
