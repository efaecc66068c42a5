"""A collector of traces in a container of the compose stack: a line of hexadecimal digits for each body it is sent."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sys.stdout.write(f"{body.hex()}\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()


HTTPServer(("", 4318), Collector).serve_forever()
