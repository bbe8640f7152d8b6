"""The judges of the fuzzer see what is wrong: without that, finding nothing would mean nothing."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tests.fuzz.feeds import judge_html, judge_page
from tests.fuzz.target import find_controls, find_steering
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize(
    "markup",
    [
        "<script>x</script>",
        "<p>a<img src=https://a.example/b onerror=x>",
        "<a href='java&#10;script:x'>a</a>",
        "<a href=/b>a</a>",
        "<img srcset='/b 2x'>",
        "<form>",
        "<svg><a xlink:href=x>",
        "<p style='position:fixed'>",
        "<noscript><p title='</noscript><img src=x onerror=x>'></noscript>",
    ],
)
def test_markup_that_harms_a_reader_is_seen(markup: str) -> None:
    """As a browser reads it, not as it is spelt."""
    with pytest.raises(AssertionError):
        judge_html(markup)


def test_markup_that_harms_nobody_passes() -> None:
    """Absolute addresses, and the one style that tables need."""
    judge_html("<p dir='rtl'><a href='https://a.example/'>a</a></p><table><td style='text-align: right'>1</table>")


def test_a_script_on_a_page_is_seen() -> None:
    """Ours is known by its text; any other one is a finding."""
    with pytest.raises(AssertionError, match="script"):
        judge_page("<!doctype html><title>a</title><script>alert(1)</script>")


def test_controls_are_seen_and_line_ends_are_none() -> None:
    """What turns letters around harms a terminal; in an author's own text it may be right."""
    assert find_controls("a\nb\tc\u202e") == ""
    assert find_controls("\x1b[2J\x9b\u2028") == "\x1b\x9b\u2028"
    assert find_steering("\u202ea\u2067") == "\u202e\u2067"


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_every_target_runs(name: str) -> None:
    """Each ends by itself and has looked at something; findings are for `make fuzz`."""
    command = [sys.executable, "-m", "tests.fuzz", "--only", name, "--minutes", "0.02", "--seed", "1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert f"{name} " in ran.stdout
    assert " executions" in ran.stdout


def test_an_address_that_nobody_allowed_is_noted_and_not_asked() -> None:
    """The guard of the fuzzer's own process, in one of its own: it cannot be taken off again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            "import socket; from tests.fuzz import address_guard as guard; guard.install()\n"
            f"try: socket.create_connection(('127.0.0.1', {port}))\nexcept OSError: print(guard.asked)\n"
            f"with guard.allow('http://127.0.0.1:{port}'): socket.create_connection(('127.0.0.1', {port})); print('in')"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split() == [f"['127.0.0.1:{port}']", "in"]
