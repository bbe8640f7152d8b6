"""Milliseconds per share card beside its peers, on the same photo and title, in one run.

    python tests/benchmarks/bench_cards.py [SECONDS]

Peers from PyPI and npm are installed into a scratch folder (SYNDICATE_PEERS names one to keep); what cannot be
installed is said to be absent. Each entry runs in a process of its own, twice, for SECONDS (default 2); the best
time counts, since a shared machine only ever adds. Peers crop the photo, lay a gradient on it, set the title and a
byline at fixed sizes, and encode; ours also crops by detail, solves contrast, fits and balances the title.
"""

# ruff: noqa: PLC0415 - each process imports only what it measures

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

PHOTO_SIZES = {"1200": (1200, 800), "1600": (1600, 1067), "2400": (2400, 1600)}
USUAL = "1600"
ROUNDS = 2

PYTHON_PEERS = {"Pillow only": "pillow", "pyvips": "pyvips", "skia-python": "skia"}
NODE_PEERS = {
    "sharp + SVG text": "sharp",
    "@napi-rs/canvas": "canvas",
    "@takumi-rs/core": "takumi",
    "satori + resvg-js (PNG)": "satori",
}
PIP = ("pyvips-binary", "pyvips", "skia-python")
NPM = ("satori", "@resvg/resvg-js", "sharp", "@napi-rs/canvas", "@takumi-rs/core", "@fontsource/inter")

Result = dict[str, float]


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        peers = Path(os.environ.get("SYNDICATE_PEERS") or scratch)
        photos = write_photos(Path(scratch))
        absent = install(peers)
        show("Photo card, 1200x630 JPEG", run_photo_cards(peers, photos, seconds, absent), "ours: photo 1600")
        show("Everything else of ours", run_other_cards(photos, seconds), "ours: flat card")


def write_photos(folder: Path) -> dict[str, Path]:
    from tests.cards.corpus import draw_landscape, to_jpeg

    for name, (width, height) in PHOTO_SIZES.items():
        (folder / f"{name}.jpg").write_bytes(to_jpeg(draw_landscape(width, height), 85))
    return {name: folder / f"{name}.jpg" for name in PHOTO_SIZES}


def install(peers: Path) -> dict[str, str]:
    """Peers that could not be installed, and why."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(peers / "py"), *PIP]
    npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(peers / "npm"), *NPM]
    absent = {}
    for folder, command, names in ((peers / "py", pip, PYTHON_PEERS), (peers / "npm", npm, NODE_PEERS)):
        if folder.is_dir():
            continue
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            absent |= dict.fromkeys(names, f"absent ({type(error).__name__} while installing)")
    absent.pop("Pillow only", None)
    return absent


def run_photo_cards(
    peers: Path, photos: dict[str, Path], seconds: float, absent: dict[str, str]
) -> dict[str, Result | str]:
    found: dict[str, Result | str] = {
        f"ours: photo {name}": run_ours("photo", photos[name], 1, seconds) for name in PHOTO_SIZES
    }
    photo = str(photos[USUAL])
    for title, name in PYTHON_PEERS.items():
        command = [sys.executable, str(HERE / "bench_cards_python.py"), name, photo, find_inter(), str(seconds)]
        found[title] = absent.get(title) or run(command, PYTHONPATH=f"{peers / 'py'}:{ROOT}", VIPS_CONCURRENCY="1")
    for title, name in NODE_PEERS.items():
        command = ["node", str(HERE / "bench_cards_node.mjs"), name, photo, str(peers / "npm"), str(seconds)]
        found[title] = absent.get(title) or run(command)
    return found


def run_other_cards(photos: dict[str, Path], seconds: float) -> dict[str, Result | str]:
    photo = photos[USUAL]
    return {
        "ours: flat card": run_ours("flat", photo, 1, seconds),
        "ours: unchanged card": run_ours("unchanged", photo, 1, seconds),
        "ours: photo 1600, 2 threads": run_ours("photo", photo, 2, seconds),
        "ours: flat card, 2 threads": run_ours("flat", photo, 2, seconds),
    }


def run_ours(kind: str, photo: Path, threads: int, seconds: float) -> Result | str:
    return run([sys.executable, __file__, "--ours", kind, str(photo), str(threads), str(seconds)])


def run(command: list[str], **environment: str) -> Result | str:
    """The best of a few runs, or why there is none."""
    best: Result | None = None
    for _ in range(ROUNDS):
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
        if done.returncode:
            return "absent (" + (done.stderr.strip().splitlines() or ["failed"])[-1][:90] + ")"
        result: Result = json.loads(done.stdout)
        best = result if best is None or result["ms"] < best["ms"] else best
    return best or "absent"


def show(title: str, results: dict[str, Result | str], base: str) -> None:
    ours = results[base]
    print(f"\n{title:34}{'ms':>9}{'ratio':>8}{'KB':>8}{'peak MB':>9}")
    for name, result in results.items():
        if isinstance(result, str):
            print(f"{name:34}  {result}")
            continue
        ratio = result["ms"] / ours["ms"] if isinstance(ours, dict) else 0
        size = f"{result['bytes'] / 1000:8.1f}" if result["bytes"] else " " * 8
        print(f"{name:34}{result['ms']:9.3f}{ratio:7.2f}x{size}{result['peak']:9.0f}")


def find_inter() -> str:
    spec = find_spec("fontpkg_inter")
    assert spec is not None
    return str(next(Path(spec.submodule_search_locations[0]).rglob("Inter[[]opsz*.ttf")))


def measure_ours(kind: str, photo: Path, threads: int, seconds: float) -> None:
    """Prints one result as JSON; runs in a process of its own."""
    draw = make_ours(kind, photo.read_bytes())
    size = draw()
    batch = 1 if threads == 1 else 8 * threads
    rounds, end = [], time.perf_counter() + seconds
    with ThreadPoolExecutor(threads) as pool:
        while time.perf_counter() < end:
            start = time.perf_counter()
            if threads == 1:
                draw()
            else:
                list(pool.map(lambda _: draw(), range(batch)))
            rounds.append((time.perf_counter() - start) / batch)
    print(json.dumps({"ms": min(rounds) * 1000, "bytes": size, "peak": read_peak()}))


def read_peak() -> float:
    """Megabytes this process ever held (Linux); `getrusage` would count the parent's before exec as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def make_ours(kind: str, photo: bytes) -> Callable[[], int]:
    from syndicate.cards import card_key, digest_design
    from syndicate.cards.draw import draw_card
    from syndicate.cards.parse import parse_design
    from syndicate.fonts import find_fonts
    from syndicate.model import CardRules
    from tests.cards.conftest import CONTENT, read_layouts

    rules, files = CardRules(), read_layouts()
    design, fonts = parse_design(rules, files), find_fonts(rules, str(ROOT))
    digest, known = digest_design(rules, files), {""}

    def look() -> int:
        key = card_key(CONTENT, design_digest=digest, fonts_digest=fonts.digest, picture="x" * 64, size=(1200, 630))
        return int(key in known)

    picture = photo if kind == "photo" else None
    return (
        look if kind == "unchanged" else lambda: len(draw_card(CONTENT, design=design, fonts=fonts, photo=picture).data)
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--ours", kind, photo, threads, seconds]:
            measure_ours(kind, Path(photo), int(threads), float(seconds))
        case [seconds]:
            main(float(seconds))
        case _:
            main(2.0)
