"""A stand-in for S3, to try the product and to test it: moto's server, in memory. Not for files that anyone needs.

    python server.py HOST PORT BUCKET

moto looks whether an object is there and writes it in two steps; here, as in S3, a conditional write is one.
"""

import signal
import sys
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import run_simple

ACCOUNT, REGION = "123456789012", "us-east-1"
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class OneStep:
    """Conditional writes one after another."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._writing = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_IF_NONE_MATCH" not in environ or environ["REQUEST_METHOD"] != "PUT":
            return self._application(environ, start_response)
        with self._writing:
            return self._application(environ, start_response)


def main(host: str, port: str, bucket: str) -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    s3_backends[ACCOUNT]["aws"].create_bucket(bucket, REGION)
    application = OneStep(DomainDispatcherApplication(create_backend_app))
    run_simple(host, int(port), application, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main(*sys.argv[1:])
