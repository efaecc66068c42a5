"""A size tree: how many bytes are in which folder, to a few levels."""

from dataclasses import dataclass, field
from typing import Any

from processor.inspection.wording import clip

MAX_LEVELS = 3
MAX_NODES = 5_000  # what does not fit is counted in the folder above
MAX_CHILDREN_TOLD = 24
MAX_PART = 120


@dataclass
class SizeTree:
    """A folder, or a file, with all that is below it."""

    name: str = ""
    size: int = 0
    files: int = 0
    children: dict[str, "SizeTree"] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As JSON, the largest children first; the smaller ones beyond a bound are left out."""
        largest = sorted(self.children.values(), key=lambda child: (-child.size, child.name))[:MAX_CHILDREN_TOLD]
        return {
            "name": self.name,
            "size": self.size,
            "files": self.files,
            "children": [child.told() for child in largest],
        }


class SizeTreeBuilder:
    """Grows a tree file by file; its memory is bounded by `MAX_NODES`."""

    def __init__(self) -> None:
        self.root = SizeTree()
        self._nodes = 0

    def add(self, parts: tuple[str, ...], size: int) -> None:
        """Count a file under each of its folders."""
        node = self.root
        node.size += size
        node.files += 1
        for part in parts[:MAX_LEVELS]:
            child = node.children.get(part)
            if child is None:
                if self._nodes >= MAX_NODES:
                    return
                self._nodes += 1
                child = node.children[part] = SizeTree(clip(part, MAX_PART))
            node = child
            node.size += size
            node.files += 1
