"""`ready.py PORT`: exit code 0 when the service there says that it is ready; prints what it says.

Docker keeps what was printed with each container's health. Plain sockets, as it runs so often.
"""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=3) as connection:
    connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    head, _, said = connection.makefile("rb").read(65_536).partition(b"\r\n\r\n")
    sys.stdout.write(said.decode())
    sys.exit(0 if head[:12].endswith(b" 200") else 1)
