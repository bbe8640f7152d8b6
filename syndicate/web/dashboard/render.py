"""Pages out of templates: what every page shows around its own matter, and the style sheet and script beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from syndicate.app.app import App
from syndicate.app.dashboard import Wanted, list_names, list_needing
from syndicate.app.site import OpenSite
from syndicate.model import Delivery, Reason, Remark, Site, State
from syndicate.networks import NETWORKS, describe
from syndicate.planning.deliveries.bursts import list_questions, say_remark
from syndicate.templates import read_template
from syndicate.text.sandbox import compile_html_template
from syndicate.web.dashboard.middleware import base_of
from syndicate.web.dashboard.rows import choose_urgent, say_counts, to_day, to_link, to_moment, to_segment, to_span
from syndicate.web.dashboard.sessions import Notes

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
        needing = list_needing(site, Wanted(), self._app.now())
        frame = {
            "needing": len(choose_singly(needing)) + len(list_questions(needing)),
            "is_running": site.store.is_daemon_running(),
            "contradiction": self._app.find_contradiction(),
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
            "network": name_network,
            "money": lambda dollars: f"${dollars:.2f}" if dollars >= 0.1 else f"${dollars:.3f}",
            "bytes": to_size,
            "initial": to_initial,
        }

    def _read(self, name: str) -> str:
        return read_template(self._app.settings.root, f"{FOLDER}/{name}")


def choose_singly(needing: tuple[Delivery, ...]) -> list[Delivery]:
    """What needs a person and is not one question about many."""
    return [one for one in choose_urgent(needing) if one.reason is not Reason.MANY_AT_ONCE]


def tell_questions(needing: tuple[Delivery, ...]) -> list[tuple[str, str]]:
    """A sentence about many messages at once, and the account that one answer is for, "" where each has its own."""
    return [(say_remark(one), _account_of(one)) for one in list_questions(needing)]


def _account_of(question: Remark) -> str:
    return question.about if question.reason is Reason.MANY_AT_ONCE else ""


def tell_query(request: Request) -> str:
    """The query of the address as it came, without the note that was shown."""
    kept = [part for part in request.url.query.split("&") if part and not part.startswith("note=")]
    return f"?{'&'.join(kept)}" if kept else ""


def name_network(name: str) -> str:
    """A network as it calls itself."""
    return describe(name).title if name in NETWORKS else name


def to_initial(name: str) -> str:
    """ "A" for "@ada.example": what stands in the round where a network shows a face."""
    return next((sign for sign in name if sign.isalnum()), "?").upper()


def to_size(number: int) -> str:
    """ "12 KB"."""
    return f"{number / 1024:.0f} KB" if number >= 1024 else f"{number} bytes"


def find_prefix(site: Site) -> str:
    """The path under which this server shows published files, without a slash at its end."""
    return urlsplit(site.feeds_url or f"{site.url}/feeds").path.rstrip("/")
