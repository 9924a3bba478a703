"""A private nginx before a gateway, set up as docs/deployment.md says, or not at all.

`make test` installs it (``python -m support.nginx``).
"""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.ports import free_port
from support.clocks import wait_for
from support.programs import install_package, unavailable

REMEDY = "Install it: apt-get install nginx-light"

ROOT = Path(__file__).parents[2]
_FRAME = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_buffer_size 1m; # its workers, which are nobody, may not write here
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {before}
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""
_PLAIN = "location / { proxy_pass http://127.0.0.1:5000; }"


@contextmanager
def proxy(gateway: int, folder: Path, *, documented: bool = True) -> Iterator[str]:
    """The address of an nginx that passes requests on to a gateway's port.

    Args:
        gateway: the port.
        folder: where it may write.
        documented: with the settings that the docs ask for; else with nginx's own, which pass no WebSocket on.
    """
    program = _program()
    if program is None:
        unavailable("nginx", REMEDY)
    port = free_port()
    before, location = _documented() if documented else ("", _PLAIN)
    location = location.replace("127.0.0.1:5000", f"127.0.0.1:{gateway}")
    file = folder / "nginx.conf"
    file.write_text(_FRAME.format(folder=folder, port=port, before=before, location=location))
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(file)], stderr=subprocess.PIPE)
    try:
        wait_for(lambda: _answers(process, port), "nginx to answer")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    assert process.poll() is None, process.communicate()[1].decode()
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _documented() -> tuple[str, str]:
    before, location = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/deployment.md").read_text(), re.DOTALL)
    return before, location


def main() -> int:
    """Make sure that it is there, where there is a way. Returns the exit status."""
    if _program() is None and sys.platform == "linux":
        print("nginx is not here: installing it with apt-get.", flush=True)
        if not install_package("nginx-light") or _program() is None:
            print(f"It could not be installed: the tests behind it are skipped. {REMEDY}", flush=True)
    return 0  # on a build server the tests themselves fail


def _program() -> str | None:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


if __name__ == "__main__":
    sys.exit(main())
