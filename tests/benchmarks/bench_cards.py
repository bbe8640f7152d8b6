"""Milliseconds per share card beside its peers, on the same photo and title, in one run.

    python tests/benchmarks/bench_cards.py [SECONDS]

Peers from PyPI and npm are installed into a scratch folder (SYNDICATE_PEERS names one to keep); what cannot be
installed is said to be absent. Each entry runs in a process of its own for SECONDS (default 1), in three rounds; the
best time counts, since a shared machine only ever adds. Peers crop the photo, lay a gradient on it, set the title and
a byline at fixed sizes, and encode; ours also crops by detail, solves contrast, fits and balances the title.
"""

# ruff: noqa: PLC0415 - each process imports only what it measures

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

PHOTO_SIZES = {"1200": (1200, 800), "1600": (1600, 1067), "2400": (2400, 1600)}
USUAL = "1600"
ROUNDS = 3

PYTHON_PEERS = {"decode, crop, encode": "bare", "Pillow only": "pillow", "pyvips": "pyvips", "skia-python": "skia"}
NODE_PEERS = {
    "sharp + SVG text": "sharp",
    "@napi-rs/canvas": "canvas",
    "@takumi-rs/core": "takumi",
    "satori + resvg-js (PNG)": "satori",
}
PIP = ("pyvips-binary", "pyvips", "skia-python")
NPM = ("satori", "@resvg/resvg-js", "sharp", "@napi-rs/canvas", "@takumi-rs/core", "@fontsource/inter")

Result = dict[str, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table: a command that prints a result, or the reason why there is none."""

    title: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    absent: str = ""


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        peers = Path(os.environ.get("SYNDICATE_PEERS") or scratch)
        photos = write_photos(Path(scratch))
        absent = install(peers)
        usual = str(photos[USUAL])
        first = [
            *(ours(f"ours: photo {name}", "photo", str(path), 1, seconds) for name, path in photos.items()),
            *list_peers(peers, usual, seconds, absent),
        ]
        second = [
            ours("ours: flat card", "flat", usual, 1, seconds),
            ours("ours: unchanged card", "unchanged", usual, 1, seconds),
            ours("ours: photo 1600, two cores", "photo", usual, 2, seconds),
            ours("ours: flat card, two cores", "flat", usual, 2, seconds),
        ]
        results = run_all([*first, *second])
    show("Photo card, 1200x630 JPEG", first, results, "ours: photo 1600")
    show("Everything else of ours", second, results, "ours: flat card")


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
    for name in ("decode, crop, encode", "Pillow only"):
        absent.pop(name, None)
    return absent


def ours(title: str, kind: str, photo: str, cores: int, seconds: float) -> Entry:
    return Entry(title, (sys.executable, __file__, "--ours", kind, photo, str(cores), str(seconds)))


def list_peers(peers: Path, photo: str, seconds: float, absent: dict[str, str]) -> Iterator[Entry]:
    for title, name in PYTHON_PEERS.items():
        command = (sys.executable, str(HERE / "bench_cards_python.py"), name, photo, find_inter(), str(seconds))
        environment = {"PYTHONPATH": f"{peers / 'py'}:{ROOT}", "VIPS_CONCURRENCY": "1"}
        yield Entry(title, command, environment, absent.get(title, ""))
    for title, name in NODE_PEERS.items():
        command = ("node", str(HERE / "bench_cards_node.mjs"), name, photo, str(peers / "npm"), str(seconds))
        yield Entry(title, command, absent=absent.get(title, ""))


def run_all(entries: Sequence[Entry]) -> dict[str, Result | str]:
    """The best of a few rounds of everything, so that a busy moment of the machine meets all alike."""
    best: dict[str, Result | str] = {entry.title: entry.absent for entry in entries}
    for _ in range(ROUNDS):
        for entry in entries:
            known = best[entry.title]
            if known and isinstance(known, str):
                continue
            result = run(entry)
            better = isinstance(known, str) or isinstance(result, str) or result["ms"] < known["ms"]
            best[entry.title] = result if better else known
    return best


def run(entry: Entry) -> Result | str:
    environment = {**os.environ, **entry.environment}
    done = subprocess.run(entry.command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        return "absent (" + (done.stderr.strip().splitlines() or ["failed"])[-1][:90] + ")"
    result: Result = json.loads(done.stdout)
    return result


def show(title: str, entries: Sequence[Entry], results: dict[str, Result | str], base: str) -> None:
    measure = results[base]
    print(f"\n{title:34}{'ms':>9}{'ratio':>8}{'KB':>8}{'peak MB':>9}")
    for name in (entry.title for entry in entries):
        result = results[name]
        if isinstance(result, str):
            print(f"{name:34}  {result}")
            continue
        ratio = result["ms"] / measure["ms"] if isinstance(measure, dict) else 0
        size = f"{result['bytes'] / 1000:8.1f}" if result["bytes"] else " " * 8
        print(f"{name:34}{result['ms']:9.3f}{ratio:7.2f}x{size}{result['peak']:9.0f}")


def find_inter() -> str:
    spec = find_spec("fontpkg_inter")
    assert spec is not None
    return str(next(Path(spec.submodule_search_locations[0]).rglob("Inter[[]opsz*.ttf")))


def measure_ours(kind: str, photo: Path, cores: int, seconds: float) -> None:
    """Prints one result as JSON; runs in a process of its own."""
    draw = make_ours(kind, photo.read_bytes())
    size = draw()
    spent = measure_alone(draw, seconds) if cores == 1 else measure_beside(kind, photo.read_bytes(), cores, seconds)
    print(json.dumps({"ms": spent * 1000, "bytes": size, "peak": read_peak()}))


def measure_alone(draw: Callable[[], int], seconds: float) -> float:
    rounds, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        draw()
        rounds.append(time.perf_counter() - start)
    return min(rounds)


def measure_beside(kind: str, photo: bytes, cores: int, seconds: float) -> float:
    """As a publication of many cards draws them, once everybody has begun."""
    from syndicate.model import Settings, Site, Storage
    from syndicate.publish.card_renderer import MANY, CardRenderer, open_renderers
    from tests.cards.conftest import CONTENT, read_layouts

    files, picture, batch = read_layouts(), photo if kind == "photo" else None, 16 * cores
    settings = Settings(
        root=str(ROOT), site=Site(title="", url=""), storage=Storage(database="", publish_to="", cache="")
    )
    renderer = CardRenderer(settings, lambda path: files[Path(path).stem])
    orders = [(CONTENT, picture, (1200, 630))] * batch
    rounds = []
    with open_renderers(renderer, settings, MANY, CONTENT.title) as draw, ThreadPoolExecutor(cores) as pool:
        list(pool.map(draw, orders))
        end = time.perf_counter() + 2 * seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            list(pool.map(draw, orders))
            rounds.append((time.perf_counter() - start) / batch)
    return min(rounds)


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

    picture, days = photo if kind == "photo" else None, count(1)

    def draw() -> int:
        content = replace(CONTENT, date=f"{next(days)} March 2025")  # no two posts have the same byline
        return len(draw_card(content, design=design, fonts=fonts, photo=picture).data)

    return look if kind == "unchanged" else draw


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--ours", kind, photo, cores, seconds]:
            measure_ours(kind, Path(photo), int(cores), float(seconds))
        case [seconds]:
            main(float(seconds))
        case _:
            main(1.0)
