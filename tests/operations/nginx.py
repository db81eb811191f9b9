"""Debian's nginx with deploy/nginx.conf, in front of a server on this machine."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.operations.servers import ROOT, free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
CONFIG = (ROOT / "deploy" / "nginx.conf").read_text()

_found = re.search(r"web:8000 max_conns=(\d+)", CONFIG)
assert _found
MOST_REQUESTS = int(_found[1])
"""How many simultaneous requests nginx passes on, beside those for the core."""


def make_config(service_port: int, port: int) -> str:
    """Return deploy/nginx.conf for a server on a port of this machine."""
    return replace_all(
        CONFIG,
        ("server web:8000 ", f"server 127.0.0.1:{service_port} "),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
    )


def replace_all(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def start_nginx(
    folder: Path, service_port: int, most_requests: int = MOST_REQUESTS
) -> tuple[subprocess.Popen[bytes], int]:
    """Start nginx; return its process and its port."""
    assert NGINX
    port = free_port()
    config = replace_all(
        make_config(service_port, port),
        ("events {", "daemon off;\nevents {"),
        (f"max_conns={MOST_REQUESTS};", f"max_conns={most_requests};"),
    )
    (folder / "nginx.conf").write_text(config)
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", "nginx.conf"],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return process, port
