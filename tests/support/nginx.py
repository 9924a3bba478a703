"""nginx before a gateway, as a private process: its defaults, and what the docs say that a proxy needs.

`make test` installs it (``python -m support.nginx``).
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy.ports import free_port
from support.programs import install_package, unavailable

REMEDY: Final = "Install it: apt-get install nginx-light"
_DOCS: Final = Path(__file__).parents[2] / "docs/deployment.md"
_CONFIGURATION: Final = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    {http}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


class Nginx:
    """A server before another one."""

    def __init__(self, folder: Path, gateway_port: int) -> None:
        """Start it, before a gateway; what it says of errors goes where the test's output goes."""
        program = _program()
        if program is None:
            unavailable("nginx", REMEDY)
        self.port = free_port()
        http, server = documented()
        server = server.replace("127.0.0.1:5000", f"127.0.0.1:{gateway_port}")
        file = folder / "nginx.conf"
        file.write_text(_CONFIGURATION.format(folder=folder, port=self.port, http=http, server=server))
        self._process = subprocess.Popen([program, "-p", str(folder), "-c", str(file), "-e", "stderr"])

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=10)


def documented() -> tuple[str, str]:
    """The parts of its configuration that stand in the docs, for `http` and for `server`."""
    http, server = re.findall(r"```nginx\n(.*?)```", _DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return http, server


def main() -> int:
    """Make sure that it is there, where there is a way. Returns the exit status."""
    if _program() is None and sys.platform == "linux":
        print("nginx is not here: installing it with apt-get.", flush=True)
        if not install_package("nginx-light") or _program() is None:
            print(f"It could not be installed: the tests behind it are skipped. {REMEDY}", flush=True)
    return 0  # on a build server the tests themselves fail


def _program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


if __name__ == "__main__":
    sys.exit(main())
