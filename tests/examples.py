"""Examples in the documents, as they stand there."""

import re

from tests.stack import PROJECT, Stack


def example(page: str, name: str) -> str:
    """The one of this name on a page of `docs/`."""
    text = (PROJECT / "docs" / page).read_text(encoding="utf-8")
    [code] = re.findall(rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    return str(code)


def aimed_at(stack: Stack, code: str) -> str:
    """An example for that stack, in place of one at the usual ports, where the client finds the notifier by itself."""
    code = code.replace(
        'connect("http://localhost:8000")', f'connect("{stack.gateway_url}", events_url="{stack.notifier_url}")'
    )
    return code.replace("http://localhost:8000", stack.gateway_url).replace("http://localhost:8001", stack.notifier_url)
