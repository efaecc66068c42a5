"""The stand-in for S3 without conditional writes, as some servers that speak S3 are. Run as it is."""

import runpy
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

server = runpy.run_path(str(Path(__file__).parents[1] / "deploy" / "cluster" / "s3" / "server.py"))


def careless(self: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    environ.pop("HTTP_IF_NONE_MATCH", None)
    return self._application(environ, start_response)  # type: ignore[no-any-return]


if __name__ == "__main__":
    server["OneStep"].__call__ = careless
    server["main"](*sys.argv[1:])
