"""nginx and Caddy with our files in deploy/ give the answers of `syndicate serve`: the same table over real HTTP."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from syndicate.formats.assembly import unpack
from syndicate.output.folder import FolderOutput
from syndicate.stats.hits import parse_line
from syndicate.web import make_app
from tests.formats.samples import settings
from tests.web.serving import everything, serving
from tests.web.table import CASES, FILES, RSS, Case

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVERS = [
    "syndicate",
    pytest.param("nginx", marks=pytest.mark.e2e),
    pytest.param("caddy", marks=pytest.mark.e2e),
]


@pytest.fixture(scope="module", params=SERVERS)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("published")
    root.chmod(0o755)
    FolderOutput(root / "feeds").write(FILES)
    (root / "feeds" / ".secret").write_text("x")
    start = {"syndicate": serve_ours, "nginx": serve_nginx, "caddy": serve_caddy}[request.param]
    with start(root) as address, httpx.Client(base_url=address, headers={"Accept-Encoding": "identity"}) as client:
        yield client


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_server_agrees(client: httpx.Client, case: Case) -> None:
    """Status, type, coding, age, place and openness of every answer in the table."""
    tag = client.get("/feeds/rss.xml").headers["etag"]
    asked = {name: value.replace("TAG", tag) for name, value in case.asked.items()}
    answer = client.request(case.method, case.path, headers=asked)
    assert answer.status_code == case.status
    told = {name: answer.headers.get(name, "") for name in case.told}
    if "Location" in told:
        told["Location"] = told["Location"].removeprefix(str(client.base_url).rstrip("/"))
    assert told == case.told
    assert answer.headers["access-control-allow-origin"] == "*"
    if case.status == 200 and case.path.endswith("rss.xml") and case.method == "GET":
        is_packed = answer.headers.get("content-encoding") == "zstd"  # which httpx leaves as it is
        assert (unpack(answer.content) if is_packed else answer.content) == RSS
        vary = {word.strip() for word in answer.headers["vary"].lower().split(",")}
        assert {"accept-encoding", "sec-fetch-mode"} <= vary
    if case.status == 304:
        assert answer.headers["etag"] == tag


@pytest.mark.e2e
@pytest.mark.parametrize("server", ["nginx", "caddy"])
def test_the_logs_of_other_servers_are_read(server: str, tmp_path: Path) -> None:
    """`stats` learns agent, status and validators from the access logs that our files make nginx and Caddy write."""
    FolderOutput(tmp_path / "feeds").write(FILES)
    start = {"nginx": serve_nginx, "caddy": serve_caddy}[server]
    with start(tmp_path) as address, httpx.Client(headers={"User-Agent": 'Reader/1 "beta"'}) as client:
        tag = client.get(f"{address}/feeds/rss.xml").headers["etag"]
        client.get(f"{address}/feeds/rss.xml", headers={"If-None-Match": tag})
    first, second = (parse_line(line) for line in (tmp_path / "work" / "feeds.log").read_text().splitlines())
    assert first is not None
    assert second is not None
    assert (first.path, first.status, first.agent) == ("/feeds/rss.xml", 200, 'Reader/1 "beta"')
    assert (second.status, second.etag_asked, second.etag_sent) == (304, tag, tag)
    assert first.size > 0
    assert first.etag_sent == tag


@contextmanager
def serve_ours(root: Path) -> Iterator[str]:
    site = settings(retired=("old-news",), renamed={"boats": "ships"})
    with serving(make_app(str(root / "feeds"), site, is_published=everything)) as address:
        yield address


@contextmanager
def serve_nginx(root: Path) -> Iterator[str]:
    port, work = find_port(), root / "work"
    work.mkdir()
    site = (DEPLOY / "nginx.conf").read_text()
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/var/lib/syndicate", str(root))
    site = site.replace("/var/log/nginx/feeds.log", str(work / "feeds.log"))
    for line in ("# ~^/feeds/boats", "# ~^/feeds/old-news", "# brotli_static on;"):
        assert line in site
        site = site.replace(line, line.removeprefix("# "))
    (work / "nginx.conf").write_text(
        "load_module /usr/lib/nginx/modules/ngx_http_brotli_static_module.so;\n"
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        f"daemon off; pid {work}/pid; error_log {work}/error.log; events {{ }}\n"
        f"http {{ client_body_temp_path {work}/a; proxy_temp_path {work}/b; fastcgi_temp_path {work}/c;\n"
        f"uwsgi_temp_path {work}/d; scgi_temp_path {work}/e;\n{site} }}\n"
    )
    with running(["nginx", "-c", str(work / "nginx.conf")], port) as address:
        yield address


@contextmanager
def serve_caddy(root: Path) -> Iterator[str]:
    port, work = find_port(), root / "work"
    work.mkdir()
    site = (DEPLOY / "Caddyfile").read_text()
    site = site.replace("blog.example {", f"http://127.0.0.1:{port} {{").replace("/var/lib/syndicate", str(root))
    site = site.replace("/var/log/caddy/feeds.log", str(work / "feeds.log"))
    for line in ("# @boats path_regexp", "# redir @boats", "# error /feeds/old-news"):
        assert line in site
        site = site.replace(line, line.removeprefix("# "))
    (work / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    with running(["caddy", "run", "--adapter", "caddyfile", "--config", str(work / "Caddyfile")], port) as address:
        yield address


@contextmanager
def running(command: list[str], port: int) -> Iterator[str]:
    """A server process that answers on a port, ended with the block."""
    assert shutil.which(command[0]), f"{command[0]} is not installed"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
