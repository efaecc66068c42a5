"""`ready.py PORT`: exit code 0 when the service there says that it is ready. Plain sockets, as it runs so often."""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=3) as connection:
    connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    sys.exit(0 if connection.recv(12).endswith(b" 200") else 1)
