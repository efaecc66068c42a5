"""For mkdocs: links that lead out of `docs/`, to files of the repository, are words in the site."""

import re
from pathlib import PurePosixPath
from typing import Any

LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)\s]*)\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page without them."""
    depth = len(PurePosixPath(page.file.src_uri).parents) - 1

    def word(link: re.Match[str]) -> str:
        leads_out = link[2].count("../") > depth
        return link[1] if leads_out else link[0]

    return LINK.sub(word, markdown)
