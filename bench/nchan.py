"""The peer: nginx with nchan, as Debian packages it, with its own configuration, folder and port."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.processes import ROOT, end, free_port, wait_for

# One worker, as there is one notifier. No buffer of its own is ever short: what is measured is the fan-out.
CONFIGURATION = """
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile {open_files};
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
events {{ use epoll; multi_accept on; worker_connections {open_files}; }}
http {{
    access_log off;
    tcp_nodelay on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_body_buffer_size 64k;
    keepalive_requests 1000000;
    nchan_shared_memory_size 512M;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /readyz {{ return 200; }}
        location = /publish {{
            nchan_publisher http;
            nchan_channel_id events;
            nchan_message_buffer_length 20000;
            nchan_message_timeout 5m;
        }}
        location = /events {{
            nchan_subscriber eventsource;
            nchan_channel_id events;
            nchan_subscriber_first_message newest;
            nchan_eventsource_ping_interval 0;
        }}
    }}
}}
"""


@contextlib.contextmanager
def running_nchan(folder: Path, *, open_files: int) -> Iterator[tuple[int, int]]:
    """Its port, and the process id of its worker. It is installed first where it is missing."""
    subprocess.run([ROOT / "deploy/local/nchan.sh"], check=True)
    folder.mkdir(exist_ok=True)
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, open_files=open_files))
    process = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield port, int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())
    finally:
        end(process)
