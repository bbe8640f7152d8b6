"""Pages out of templates: what every page shows around its own matter, and the style sheet and script beside them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from syndicate.app.app import App
from syndicate.app.dashboard import Wanted, list_alarms, list_names, list_needing
from syndicate.app.site import OpenSite
from syndicate.model import Delivery, Reason, Site, State
from syndicate.networks import NETWORKS, describe
from syndicate.planning.deliveries.bursts import list_questions, say_remark
from syndicate.templates import read_template
from syndicate.text.sandbox import compile_html_template
from syndicate.web.dashboard.rows import choose_urgent, say_counts
from syndicate.web.dashboard.security import base_of

_MOST_NOTES = 50


@dataclass(frozen=True, slots=True)
class Note:
    """The outcome of an action, in a sentence."""

    text: str
    is_error: bool = False
    number: int = 0
    """The delivery whose text was refused, 0 for none."""
    typed: str = ""
    """That text, as it was typed."""
    media: str = ""
    alt: str = ""
    """What was chosen to go with it, and its alt text."""
    focus: int = 0
    """The delivery that comes next, 0 for none: the page goes on there."""
    again: tuple[tuple[str, str], ...] = ()
    """Fields of a form that asks for the same all the same."""


@dataclass(frozen=True, slots=True)
class Notes:
    """Kept here under a random key, so that no address can put words into the page."""

    _kept: dict[str, Note] = field(default_factory=dict)

    def keep(self, note: Note) -> str:
        while len(self._kept) >= _MOST_NOTES:
            self._kept.pop(next(iter(self._kept)), None)
        key = secrets.token_urlsafe(9)
        self._kept[key] = note
        return key

    def take(self, key: str) -> Note | None:
        return self._kept.pop(key, None)


FOLDER = "pages/dashboard"
_PARTS = ("base.html", "parts.html")
_FOR_EVER = "private, max-age=31536000, immutable"

Fill = Callable[[Mapping[str, object]], str]


class Renderer:
    """The dashboard's templates, compiled anew only where a text has changed."""

    def __init__(self, app: App, notes: Notes) -> None:
        self._app = app
        self._notes = notes
        self._compiled: dict[str, tuple[tuple[str, ...], Fill]] = {}
        self._lock = threading.Lock()

    def serve_style(self, _request: Request) -> Response:
        return Response(self._read("desk.css"), media_type="text/css", headers={"Cache-Control": _FOR_EVER})

    def serve_script(self, _request: Request) -> Response:
        return Response(self._read("desk.js"), media_type="text/javascript", headers={"Cache-Control": _FOR_EVER})

    def render_page(self, request: Request, site: OpenSite, name: str, **values: object) -> HTMLResponse:
        """A page for somebody who is logged in."""
        now, names = self._app.now(), {account.name for account in site.settings.accounts}
        needing = list_needing(site, Wanted(), now)
        paused = [one for one in site.store.list_accounts() if one.is_paused(now) and one.name in names]
        frame = {
            "needing": len(choose_singly(needing)) + len(list_questions(needing)) + len(paused),
            "is_running": site.store.is_daemon_running(),
            "alarms": list_alarms(self._app, site),
            "accounts": site.settings.accounts,
            "occasions": site.store.list_occasions(),
            "states": [state.value for state in State],
            "place": f"{quote(request.url.path.removeprefix(base_of(request)))}{tell_query(request)}",
            "names": list_names(site),
        }
        return self.render(request, name, **(frame | values))

    def render(self, request: Request, name: str, **values: object) -> HTMLResponse:
        """A page for anybody."""
        site = self._app.settings.site
        values = {
            "view": name,
            "site": site,
            "base": base_of(request),
            "pictures": find_prefix(site),
            "token": request.state.token,
            "nonce": request.state.nonce,
            "now": self._app.now(),
            "note": self._notes.take(request.query_params.get("note", "")),
            "has_login": bool(request.state.session),
            "version": sha256((self._read("desk.css") + self._read("desk.js")).encode()).hexdigest()[:12],
        } | values
        return HTMLResponse(self._compile(name)(values).encode("utf-8", "replace"))

    def _compile(self, name: str) -> Fill:
        texts = tuple(self._read(part) for part in (f"{name}.html", *_PARTS))
        with self._lock:
            known = self._compiled.get(name)
            if known is None or known[0] != texts:
                parts = dict(zip(_PARTS, texts[1:], strict=True))
                where = f"{FOLDER}/{name}.html"
                fill = compile_html_template(texts[0], where=where, filters=self._make_filters(), parts=parts)
                known = self._compiled[name] = (texts, fill)
        return known[1]

    def _make_filters(self) -> dict[str, Callable[..., object]]:
        app = self._app

        def zone() -> ZoneInfo:
            return ZoneInfo(app.settings.site.timezone)

        return {
            "moment": lambda at: to_moment(at, zone(), app.now()),
            "clock": lambda at: f"{at.astimezone(zone()):%H:%M}",
            "local": lambda at: f"{at.astimezone(zone()):%Y-%m-%dT%H:%M}",
            "span": lambda at: to_span(at, app.now()),
            "day": lambda at: to_day(at, zone(), app.now()),
            "link": to_link,
            "segment": to_segment,
            "address": quote,
            "counts": say_counts,
            "network": lambda name: describe(name).title if name in NETWORKS else name,
            "money": lambda dollars: f"${dollars:.2f}" if dollars >= 0.1 else f"${dollars:.3f}",
            "bytes": lambda number: f"{number / 1024:.0f} KB" if number >= 1024 else f"{number} bytes",
            "initial": to_initial,
        }

    def _read(self, name: str) -> str:
        return read_template(self._app.settings.root, f"{FOLDER}/{name}")


def choose_singly(needing: tuple[Delivery, ...]) -> list[Delivery]:
    """What needs a person and is not one question about many."""
    return [one for one in choose_urgent(needing) if one.reason is not Reason.MANY_AT_ONCE]


def tell_questions(needing: tuple[Delivery, ...]) -> list[tuple[str, str]]:
    """A sentence about many messages at once, and the account that one answer is for, "" where each has its own."""
    asked = list_questions(needing)
    return [(say_remark(one), one.about if one.reason is Reason.MANY_AT_ONCE else "") for one in asked]


def tell_query(request: Request) -> str:
    """The query of the address as it came, without the note that was shown."""
    kept = [part for part in request.url.query.split("&") if part and not part.startswith("note=")]
    return f"?{'&'.join(kept)}" if kept else ""


def to_initial(name: str) -> str:
    """ "A" for "@ada.example": what stands in the round where a network shows a face."""
    return next((sign for sign in name if sign.isalnum()), "?").upper()


def find_prefix(site: Site) -> str:
    """The path under which this server shows published files, without a slash at its end."""
    return urlsplit(site.feeds_url or f"{site.url}/feeds").path.rstrip("/")


# Each unit from twice its length on: 90 minutes say more than 1 hour.
_UNITS = ((365 * 86400, "year"), (30 * 86400, "month"), (86400, "day"), (3600, "hour"))


def to_moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Tue 25 Nov 09:00" in the zone, with the year where it is another one."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    year = "" if there.year == here.year else f" {there.year}"
    return f"{there:%a} {there.day} {there:%b}{year} {there:%H:%M}"


def to_day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Today", "Tomorrow", "Mon 1 Dec"; what is overdue counts as today."""
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if day <= today:
        return "Today"
    if day == today + timedelta(days=1):
        return "Tomorrow"
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")


def to_span(at: datetime, now: datetime) -> str:
    """ "in 3 hours", "2 days ago", "now"."""
    seconds = int(abs((at - now).total_seconds()))
    if seconds < 60:
        return "now"
    size, name = next((unit for unit in _UNITS if seconds >= 2 * unit[0]), (60, "minute"))
    number = seconds // size
    words = f"{number} {name}{'' if number == 1 else 's'}"
    return f"in {words}" if at > now else f"{words} ago"


def to_link(url: str) -> str:
    """The address where it is one of the web, "" for anything a browser might run."""
    return url if url.startswith(("https://", "http://")) else ""


def to_segment(slug: str) -> str:
    """A slug as one segment of a path."""
    return quote(slug, safe="")


_MOST_URL = 2048


def is_address(text: str) -> bool:
    """Whether a person's words are the address of a page."""
    try:
        return bool(to_link(text) and urlsplit(text).hostname) and len(text) <= _MOST_URL and " " not in text
    except ValueError:
        return False
