"""Micropub (W3C): micro.blog and any IndieWeb site. w3.org/TR/micropub.

The network is somebody's own site, so abilities differ: reading back (`q=source`) is an extension that many lack, and
where it is missing an unknown outcome waits for the person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from syndicate.errors import ConfigError, NetworkError, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, LoginPage, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    pick,
    pick_instant,
    pick_list,
    pick_text,
    refuse_misfits,
    require_secret,
    say,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import Is, Listing, find_in, fits, links_of, links_of_html, text_of_html
from syndicate.text.counting import Counter
from syndicate.text.links import absolute_url
from syndicate.text.plain import read_head_tags

# --- where a site takes Micropub requests: its Link header, else the first <link rel="micropub"> ---

_HEADER_LINK = re.compile(r"<([^<>]*)>\s*((?:;\s*[^,;]+)*)")
_REL = re.compile(r';\s*rel\s*=\s*"?([^";]+)"?', re.IGNORECASE)


def find_endpoint(page: Response) -> str:
    """The address, absolute. Raises ConfigError where the page names none."""
    named = _in_header(page.headers.get("link", "")) or _in_page(page.text)
    found = absolute_url(named, page.url) if named else ""
    if not found:
        hint = 'it needs <link rel="micropub" href="…">; or set `endpoint` yourself'
        raise ConfigError("the page names no Micropub address", where=page.url, hint=hint)
    return found


def _in_header(header: str) -> str:
    for address, parameters in _HEADER_LINK.findall(header):
        rel = _REL.search(parameters)
        if rel and "micropub" in rel[1].split():
            return str(address)
    return ""


def _in_page(markup: str) -> str:
    links = (given for tag, given in read_head_tags(markup) if tag == "link")
    return next((one.get("href", "") for one in links if "micropub" in one.get("rel", "").split()), "")


# Micropub states no limit; a site that does refuses with its own words.
LIMITS = Limits(characters=20_000, counter=Counter.CODEPOINTS, images=1, image_bytes=10_000_000)
_GONE = frozenset({404, 410})
SHORT = 10
"""Sites list ten posts or more at a time, so that fewer are all there are."""

DESCRIPTION = Description(
    name="micropub",
    title="Micropub",
    place=("endpoint",),
    options=(
        Option(
            "endpoint", "Micropub address of the site; `login` finds it, micro.blog's is https://micro.blog/micropub"
        ),
        Option("destination", "Which blog of the account (mp-destination)"),
        Option("kind", "A note, or an article with the post's title", "note", choices=("note", "article")),
    ),
    secrets=(
        Secret("token", "A token of the site, on micro.blog from Account, App tokens"),
        Secret("endpoint", "Where `login` keeps the address it found", required=False),
    ),
    facts=NetworkFacts(network="micropub", limits=LIMITS, media="none"),
    note="Where the site cannot list its posts, an unknown outcome waits for you.",
)


def build_entry(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The new entry as microformats JSON."""
    photo = message.prepared.get("photo") or (message.image.url if message.image else "")
    properties: dict[str, object] = {
        "content": [message.text],
        "name": [message.title] if options.get("kind") == "article" else [],
        "category": list(message.tags),
        "photo": [{"value": photo, "alt": message.image.alt}] if photo and message.image else [],
        "mp-destination": [options["destination"]] if options.get("destination") else [],
    }
    return {"type": ["h-entry"], "properties": {name: value for name, value in properties.items() if value}}


def parse_receipt(response: Response, *, where: str) -> Receipt:
    """The permalink in the Location header is the entry's id. Raises Uncertain without one."""
    url = _location_of(response)
    if not url:
        raise Uncertain("the site accepted the post without an address", where=where)
    return Receipt(url, url)


def _location_of(response: Response) -> str:
    """The whole address in the Location header, "" where there is none of the web."""
    location = response.headers.get("location", "")
    return absolute_url(location, response.url) if location else ""


def parse_listing(answer: object, since: datetime | None) -> Listing | None:
    """The entries of q=source, None where the site does not list.

    It is whole where every entry could be read and it reaches back to `since`, or to the beginning of the site.
    """
    if not isinstance(pick(answer, "items"), list):
        return None
    found = [_parse_one(pick(each, "properties")) for each in pick_list(answer, "items")]
    posts = tuple(recent for recent in found if recent)
    reaches = len(found) < SHORT or any(since is not None and recent.published_at < since for recent in posts)
    return Listing(posts, is_whole=reaches and None not in found)


def _parse_one(properties: object) -> Recent | None:
    url, published_at = pick_text(properties, "url", 0), pick_instant(properties, "published", 0)
    if not url or published_at is None or not fits(pick(properties, "content"), Is.LIST):
        return None
    markup = pick_text(properties, "content", 0, "html")
    text = pick_text(properties, "content", 0) or text_of_html(markup)
    return Recent(Receipt(url, url), text, links_of(text, *links_of_html(markup)), published_at)


def parse_failure(refusal: Refusal) -> NetworkError:
    """What an unsuccessful answer means, by the specification's error words."""
    code = say(refusal.find("error"))
    if code in {"unauthorized", "forbidden", "insufficient_scope"} or refusal.status == 403:
        hint = "the token needs the scopes create, update, delete and media"
        return refusal.to(Unauthorised, f"{code} {refusal.said}".strip(), hint=hint)
    return refusal.by_status()


class Micropub(PastedLogin):
    """One site."""

    limits = LIMITS
    login_fields = (
        LoginField("site", "Address of your site", help="its Micropub address is found there"),
        LoginField("token", "Token", secret=True, help="from your site; on micro.blog Account, App tokens"),
    )

    def prepare(self, message: Message, *, key: str) -> Message:
        """Upload a picture that has no address of its own: first ask where to, then do it."""
        image = message.image
        if image is None or image.url or "photo" in message.prepared:
            return message
        refuse_misfits(message, LIMITS, account=self._name)
        if "media_endpoint" not in message.prepared:
            return with_prepared(message, media_endpoint=self._media_endpoint())
        return with_prepared(message, photo=self._upload(message.prepared["media_endpoint"], image))

    def _media_endpoint(self) -> str:
        named = pick_text(self._query({"q": "config"}), "media-endpoint")
        endpoint = absolute_url(named, self._endpoint()) if named else ""
        if not endpoint:
            raise ConfigError("the site takes no uploads", where=self._name, hint='set media = "none"')
        return endpoint

    def _upload(self, url: str, image: Attachment) -> str:
        name = "card.png" if image.media_type == "image/png" else "card.jpg"
        response = self._api().ask("POST", url, files={"file": (name, image.data, image.media_type)})
        address = _location_of(response)
        if not address:
            raise Unavailable("the site gave no address for the picture", where=self._name)
        return address

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        response = self._api().publish("POST", self._endpoint(), json=build_entry(message, self._options))
        return parse_receipt(response, where=self._name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """By the site's own list. Raises Uncertain where it has none."""
        listing = self._list(since)
        if listing is None:
            raise Uncertain("the site does not list its posts", where=self._name)
        return find_in(listing, message, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        """The posts the site lists, newest first; none where it does not list."""
        listing = self._list(None)
        return listing.posts if listing else ()

    def _list(self, since: datetime | None) -> Listing | None:
        destination = self._options.get("destination", "")
        query = {"q": "source"} | ({"mp-destination": destination} if destination else {})
        return parse_listing(self._query(query), since)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Replace the words; a site may move the entry while doing so."""
        body = {"action": "update", "url": receipt.remote_id, "replace": {"content": [message.text]}}
        response = self._api().ask("POST", self._endpoint(), json=body)
        moved = _location_of(response)
        return Receipt(moved, moved, receipt.ref) if moved else receipt

    def delete(self, receipt: Receipt) -> None:
        body = {"action": "delete", "url": receipt.remote_id}
        self._api().ask_unless(lambda response: response.status in _GONE, "POST", self._endpoint(), json=body)

    def verify(self) -> Profile:
        """The site's configuration, which only a valid token may read."""
        config = self._query({"q": "config"})
        names = [pick_text(each, "name") for each in pick_list(config, "destination")]
        host = urlsplit(self._endpoint()).hostname or ""
        return Profile(name=", ".join(filter(None, names)) or host, abilities=("post", "edit", "delete"))

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The pasted token, and the address that the site names."""
        token, site = answers.get("token", "").strip(), answers.get("site", "").strip()
        if not token:
            raise Unauthorised("a token is needed", where=self._name)
        if not site:
            return {"token": token}
        return {"token": token, "endpoint": find_endpoint(self._http.fetch(site))}

    def _query(self, query: Mapping[str, str]) -> object:
        """An answer of the site, whose address may have a query of its own (index.php?micropub=endpoint)."""
        parts = urlsplit(self._endpoint())
        url = parts._replace(query="&".join(filter(None, (parts.query, urlencode(query))))).geturl()
        return self._api().read(url)

    def _endpoint(self) -> str:
        endpoint = self._options.get("endpoint") or self._vault.get("endpoint")
        if not endpoint:
            hint = f'run: syndicate login {self._name}, or set endpoint = "…"'
            raise ConfigError("the site's Micropub address is unknown", where=self._name, hint=hint)
        return endpoint

    def _api(self) -> Api:
        token = require_secret(self._vault, "token", self._name)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return Api(self._http, self._name, headers, (token,), parse_failure)


def open_network(account: Account, vault: Vault, http: Client) -> Micropub:
    """The site behind an account."""
    return Micropub(account, vault, http)
