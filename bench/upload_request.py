"""Uploads over plain sockets: what is measured is the server, not a client's library."""

import socket
import time
from dataclasses import dataclass

CHUNK = bytes(range(256)) * 4096  # 1 MiB
BOUNDARY = b"------------------------d74496d66958873e"  # as long as curl's; a short one is slower to search for
HEAD = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="bench.bin"\r\n\r\n'
TAIL = b"\r\n--" + BOUNDARY + b"--\r\n"


@dataclass(frozen=True)
class Shape:
    """How the bytes are wrapped."""

    request: bytes  # its line and headers, without a length
    head: bytes = b""
    tail: bytes = b""


FORM = Shape(b"POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=%s\r\n" % BOUNDARY, HEAD, TAIL)
RAW = Shape(b"PUT /upload/bench.bin HTTP/1.1\r\n")


def send(port: int, shape: Shape, size: int) -> float:
    """Seconds from the first byte to the answer."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        length = len(shape.head) + size + len(shape.tail)
        connection.sendall(shape.request + b"Host: localhost\r\nContent-Length: %d\r\n\r\n" % length + shape.head)
        left = size
        while left:
            piece = CHUNK if left >= len(CHUNK) else CHUNK[:left]
            connection.sendall(piece)
            left -= len(piece)
        connection.sendall(shape.tail)
        status = connection.recv(65536).split(b" ", 2)[1]
    assert status in {b"200", b"202", b"204"}, status
    return time.perf_counter() - began


def send_by_tus(port: int, size: int) -> float:
    """The same as one `PATCH`, its creation before it included."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /files HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nContent-Length: 0\r\n"
            b"Upload-Length: %d\r\nConnection: close\r\n\r\n" % size
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    location = next(line[10:] for line in answer.split(b"\r\n") if line.lower().startswith(b"location: "))
    patch = Shape(
        b"PATCH %s HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        b"Content-Type: application/offset+octet-stream\r\n" % location
    )
    send(port, patch, size)
    return time.perf_counter() - began
