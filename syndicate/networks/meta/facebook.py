"""Facebook Pages through the Graph API. developers.facebook.com/docs/pages-api.

Profiles and groups cannot be posted to by anyone's program. A picture is uploaded unpublished with its alt text
(`prepare`), and one call to the Page's feed publishes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Unpack

from syndicate.errors import NetworkError, Unauthorised, Unavailable, Uncertain, UsageError
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, LoginField, LoginPage, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.meta import delete_post, list_posts, parse_failure
from syndicate.networks.toolkit import (
    Api,
    Parts,
    pick,
    pick_count,
    pick_instant,
    pick_list,
    pick_text,
    refuse_misfits,
    refuse_non_number,
    refuse_private,
    refuse_warning,
    require_option,
    require_secret,
    say,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import Is, Listing, find_in, links_of, number_of
from syndicate.text.counting import Counter

API = "https://graph.facebook.com"
VERSION = "v25.0"
LIMITS = Limits(characters=63_206, counter=Counter.CODEPOINTS, images=1, image_bytes=4_000_000)
FIELDS = "id,message,permalink_url,created_time,attachments{url,unshimmed_url}"
SCOPES = "pages_show_list, pages_read_engagement, pages_manage_posts"

DESCRIPTION = Description(
    name="facebook",
    title="Facebook Page",
    look=Look(fold=477, more="See more"),
    options=(
        Option("page", "Number of the Page", required=True),
        Option("version", "Version of the Graph API", default=VERSION),
        Option("api", "Address of the API", default=API),
    ),
    secrets=(
        Secret("access_token", "The Page's token; one made from a long-lived user token lasts"),
        Secret("app_secret", "The app's secret, where the app demands proof of it", required=False),
    ),
    facts=NetworkFacts(network="facebook", limits=LIMITS, media="none"),
    note="Only Pages. Meta's crawler draws the card from the page's Open Graph tags.",
)


def build_post(message: Message) -> dict[str, str]:
    """The form of the publishing call. A picture takes the place of the link's card."""
    form = {"message": message.text, "published": "true", "fields": "id,permalink_url"}
    if "photo" in message.prepared:
        form["attached_media[0]"] = f'{{"media_fbid":"{message.prepared["photo"]}"}}'
    elif message.link:
        form["link"] = message.link
    return form


def build_photo(image: Attachment) -> dict[str, str]:
    """The form of an upload that nobody sees yet."""
    return {"published": "false", "alt_text_custom": image.alt}


def parse_receipt(answer: object, *, where: str) -> Receipt:
    """The post in an answer. Raises Uncertain where there is none to read."""
    post = pick_text(answer, "id")
    if not post:
        raise Uncertain("Facebook accepted the post without an id", where=where)
    return Receipt(post, pick_text(answer, "permalink_url") or _permalink(post))


def _permalink(post: str) -> str:
    page, _, number = post.partition("_")
    return f"https://www.facebook.com/{page}/posts/{number}" if number else ""


LISTED = {"id": Is.NAME, "created_time": Is.MOMENT, "message": Is.TEXT}


def parse_recent(post: object) -> Recent | None:
    """A listed post, None for one without number or date."""
    created_at, text = pick_instant(post, "created_time"), pick_text(post, "message")
    if created_at is None or not pick_text(post, "id"):
        return None
    attachments = pick_list(post, "attachments", "data")
    attached = (pick_text(each, "unshimmed_url") or pick_text(each, "url") for each in attachments)
    return Recent(parse_receipt(post, where=""), text, links_of(text, *attached), created_at)


def build_proof(token: str, app_secret: str) -> str:
    """`appsecret_proof`: proves that the caller of a token also holds the app's secret."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


class Facebook(PastedLogin):
    """One Page."""

    limits = LIMITS
    login_fields = (
        LoginField("app_id", "App id", help="developers.facebook.com, your app"),
        LoginField("app_secret", "App secret", secret=True, help="developers.facebook.com, your app, Basic settings"),
        LoginField(
            "user_token", "User token", secret=True, help=f"Graph API Explorer, your app, with the scopes {SCOPES}"
        ),
    )

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        super().__init__(account, vault, http)
        self._page = account.options["page"]

    def prepare(self, message: Message, *, key: str) -> Message:
        """Upload the picture without publishing it."""
        if message.image is None or "photo" in message.prepared:
            return message
        self._refuse_misfits(message)
        image = message.image
        files = {"source": ("card", image.data, image.media_type)}
        response = self._ask("POST", f"{self._page}/photos", form=build_photo(image), files=files)
        photo = pick_text(response.json(), "id")
        if not photo:
            raise Unavailable("Facebook gave no number for the picture", where=self._name)
        return with_prepared(message, photo=photo)

    def _refuse_misfits(self, message: Message) -> None:
        refuse_misfits(message, LIMITS, account=self._name)
        refuse_warning(message, account=self._name)
        refuse_private(message, account=self._name)

    def send(self, message: Message, *, key: str) -> Receipt:
        self._refuse_misfits(message)
        url = self._url(f"{self._page}/feed")
        response = self._api().publish("POST", url, form=build_post(message), params=self._proof())
        return parse_receipt(response.json(), where=self._name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        return find_in(self._list(since), message, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        """The Page's own posts, newest first, up to 250."""
        return self._list(None).posts

    def _list(self, since: datetime | None) -> Listing:
        def read(query: Mapping[str, str]) -> object:
            return self._ask("GET", f"{self._page}/feed", params=query).json()

        return list_posts(read, FIELDS, since, parse=parse_recent, each=LISTED, account=self._name)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Change the words; Facebook never changes the link or the picture of a post."""
        self._ask("POST", self._post_of(receipt), form={"message": message.text})
        return receipt

    def count(self, receipt: Receipt) -> Reactions | None:
        """Every kind of reaction counts as a like, a share as a boost."""
        fields = "reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count),shares"
        post = self._ask("GET", self._post_of(receipt), params={"fields": fields}).json()
        return Reactions(
            likes=pick_count(post, "reactions", "summary", "total_count"),
            boosts=pick_count(post, "shares", "count") or 0,  # where nobody shared it the field is left out
            replies=pick_count(post, "comments", "summary", "total_count"),
        )

    def delete(self, receipt: Receipt) -> None:
        delete_post(self._api(), self._url(self._post_of(receipt)), self._proof())

    def _post_of(self, receipt: Receipt) -> str:
        number = number_of(receipt, account=self._name)
        return number if "_" in number else f"{self._page}_{number}"

    def verify(self) -> Profile:
        """The Page, and what Facebook says about its token."""
        page = self._ask("GET", self._page, params={"fields": "id,name,link"}).json()
        data = self._debug_token()
        scopes = tuple(str(each) for each in pick_list(data, "scopes"))
        lacks = "pages_manage_posts" not in scopes if scopes else False
        return Profile(
            name=pick_text(page, "name"),
            url=pick_text(page, "link"),
            abilities=scopes or ("post", "read", "edit", "delete"),
            expires_at=_until(pick(data, "expires_at")) or _until(pick(data, "data_access_expires_at")),
            warnings=("the token lacks pages_manage_posts",) if lacks else (),
        )

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """User token → long-lived user token → the Page's token, which does not expire."""
        missing = [field.label for field in self.login_fields if not answers.get(field.name)]
        if missing:
            raise UsageError(f"{', '.join(missing)} must be given")
        given = (answers["app_secret"], answers["user_token"])
        api = Api(self._http, self._name, secrets=given, parse_failure=parse_failure)
        query = {
            "grant_type": "fb_exchange_token",
            "client_id": answers["app_id"],
            "client_secret": answers["app_secret"],
            "fb_exchange_token": answers["user_token"],
        }
        long_lived = pick_text(api.read(self._url("oauth/access_token"), query), "access_token")
        api = replace(api, secrets=(*given, long_lived))
        return {"access_token": self._page_token(api, long_lived), "app_secret": answers["app_secret"]}

    def _page_token(self, api: Api, user_token: str) -> str:
        """The token of the configured Page among those the user administers."""
        query = {"fields": "id,name,access_token,tasks", "limit": "100"}
        headers = {"Authorization": f"Bearer {user_token}"}
        answer = api.ask("GET", self._url("me/accounts"), params=query, headers=headers).json()
        pages = pick_list(answer, "data")
        tokens = {pick_text(each, "id"): pick_text(each, "access_token") for each in pages}
        if not tokens.get(self._page):
            known = ", ".join(f"{pick_text(each, 'name')} ({pick_text(each, 'id')})" for each in pages)
            raise Unauthorised(f"you do not administer page {self._page}", where=self._name, hint=say(known))
        return tokens[self._page]

    def _debug_token(self) -> object:
        """What the token may do and until when; some apps may not ask, which changes nothing."""
        token = require_secret(self._vault, "access_token", self._name)
        try:
            return pick(self._ask("GET", "debug_token", params={"input_token": token}).json(), "data")
        except NetworkError:
            return None

    def _ask(self, method: str, path: str, **parts: Unpack[Parts]) -> Response:
        proven: Parts = {**parts, "params": {**(parts.get("params") or {}), **self._proof()}}
        return self._api().ask(method, self._url(path), **proven)

    def _proof(self) -> dict[str, str]:
        token, secret = self._vault.get("access_token"), self._vault.get("app_secret")
        return {"appsecret_proof": build_proof(token, secret)} if secret else {}

    def _url(self, path: str) -> str:
        base = (self._options.get("api") or API).rstrip("/")
        return f"{base}/{self._options.get('version') or VERSION}/{path}"

    def _api(self) -> Api:
        token = require_secret(self._vault, "access_token", self._name)
        secrets = (token, self._vault.get("app_secret"), *self._proof().values())
        return Api(self._http, self._name, {"Authorization": f"Bearer {token}"}, secrets, parse_failure)


def _until(seconds: object) -> datetime | None:
    """An instant from Unix seconds; 0 means that it lasts."""
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and 0 < seconds < 10**10 else None


def open_network(account: Account, vault: Vault, http: Client) -> Facebook:
    """The Page behind an account. Raises ConfigError without its number."""
    require_option(account, "page")
    refuse_non_number(account, "page")
    return Facebook(account, vault, http)
