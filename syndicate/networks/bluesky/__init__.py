"""Bluesky (AT Protocol), by app password. Facts: atproto.com/specs and docs.bsky.app.

The record key of a post follows from its moment of intent and its key, and putRecord with `swapRecord: null`
creates or does nothing: so a lost answer is settled by asking for that one record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Unpack

import orjson

from syndicate.errors import ConfigError, NetworkError, NotReady, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, LoginField, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.bluesky.record import (
    BLOB,
    DOCUMENT,
    LABELS,
    MENTION,
    PARENT,
    build_document,
    build_post,
    is_tid,
    list_mentions,
    parent_of,
    parse_links,
    tid_of,
)
from syndicate.networks.bluesky.session import ENTRYWAY, Session, Sessions, advise_closed, is_expired
from syndicate.networks.toolkit import (
    Api,
    Parts,
    error_of,
    pick,
    pick_count,
    pick_instant,
    pick_text,
    refuse_misfits,
    refuse_private,
    say,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import REPLIES_TO, Page, name_of, read_listing, read_page, require_list
from syndicate.text.counting import Counter

LIMITS = Limits(
    characters=300,
    counter=Counter.GRAPHEMES,
    max_bytes=3000,
    alt=2000,
    image_bytes=950_000,
    image_types=("image/jpeg", "image/png", "image/webp"),
)
POST = "app.bsky.feed.post"
DOCUMENTS = "site.standard.document"
BLOB_LIVES = timedelta(minutes=45)
"""A blob that no record uses is kept for at least an hour."""
PAGE = 100
APP = "https://bsky.app"

DESCRIPTION = Description(
    name="bluesky",
    title="Bluesky",
    options=(
        Option("handle", "your handle, such as alice.bsky.social, or your DID", required=True),
        Option("service", "address of your server, where it is not Bluesky's own", default=ENTRYWAY),
        Option("labels", "content labels for every post, separated by commas: nudity, graphic-media …"),
        Option("publication", "at:// address or URL of your site.standard.publication, for richer cards"),
    ),
    look=Look(path=15),
    secrets=(Secret("app_password", "Settings → Privacy and security → App passwords"),),
    facts=NetworkFacts(network="bluesky", limits=LIMITS, media="card", can_thread=True, warns=True),
    note="A content warning must be one of Bluesky's labels. Posts are public and cannot be edited.",
)


def parse_receipt(answer: object, message: Message) -> Receipt | None:
    """The receipt in putRecord's or getRecord's answer, with what a reply needs to know."""
    uri, cid = pick_text(answer, "uri"), pick_text(answer, "cid")
    if not uri.startswith("at://") or not cid:
        return None
    before = parent_of(message)
    root_uri = before.get("root_uri") or before.get("uri") or uri
    root_cid = before.get("root_cid") or before.get("cid") or cid
    return Receipt(uri, permalink_of(uri), {"uri": uri, "cid": cid, "root_uri": root_uri, "root_cid": root_cid})


def permalink_of(uri: str) -> str:
    """The page of at://did/collection/rkey; by DID, which survives a change of handle."""
    did = uri.removeprefix("at://").partition("/")[0]
    return f"{APP}/profile/{did}/post/{uri.rpartition('/')[2]}"


def parse_recent(item: object) -> Recent | None:
    """A record of listRecords, None for one that cannot be read."""
    uri, value = pick_text(item, "uri"), pick(item, "value")
    published_at = pick_instant(value, "createdAt")
    if not uri or published_at is None:
        return None
    parent = pick_text(value, "reply", "parent", "uri")
    receipt = Receipt(uri, permalink_of(uri), {"uri": uri, "cid": pick_text(item, "cid"), REPLIES_TO: parent})
    return Recent(receipt, pick_text(value, "text"), parse_links(value), published_at)


def error_name(response: Response) -> str:
    """The name in an XRPC error, "" where there is none."""
    return say(pick_text(response.json(), "error"))


class Bluesky(PastedLogin):
    """One account on one server. An app password is all that a login needs."""

    limits = LIMITS
    login_fields = (LoginField("app_password", "App password", secret=True, help="Settings → App passwords"),)

    def __init__(self, account: Account, vault: Vault, http: Client, sessions: Sessions) -> None:
        super().__init__(account, vault, http)
        self.sessions = sessions

    def prepare(self, message: Message, *, key: str) -> Message:
        """Look up the part before, resolve mentions, upload the picture, publish the document: one at a time."""
        self._refuse_misfits(message)
        if message.reply_to and "cid" not in parent_of(message):
            return with_prepared(message, **{PARENT: self._ask_for_parent(message.reply_to)})
        unknown = next((name for name in list_mentions(message.text) if MENTION + name not in message.prepared), "")
        if unknown:
            return with_prepared(message, **{MENTION + unknown: self._resolve(unknown)})
        picture = message.image or message.card
        if picture and picture.data and self._needs_upload(message):
            return self._upload(message, picture)
        if self._options.get("publication") and message.link and DOCUMENT not in message.prepared:
            return self._publish_document(message)
        return message

    def _refuse_misfits(self, message: Message) -> None:
        refuse_misfits(message, self.limits, account=self._name)
        refuse_private(message, account=self._name)
        strange = [label for label in self._labels(message) if label not in LABELS]
        if strange:
            hint = f"Bluesky knows only: {', '.join(LABELS)}"
            raise Rejected(f'"{strange[0]}" is not a content label', where=self._name, hint=hint)

    def _labels(self, message: Message) -> tuple[str, ...]:
        named = f"{self._options.get('labels', '')},{message.warning}".split(",")
        return tuple(dict.fromkeys(label.strip() for label in named if label.strip()))

    def _ask_for_parent(self, answered: Receipt) -> str:
        """What stands at the address that a person gave of the part before."""
        record = self._read_record(name_of(answered))
        uri, cid = pick_text(record, "uri"), pick_text(record, "cid")
        if not cid:
            hint = "the post was settled by hand with an address that is none of this account's posts"
            raise Rejected("the earlier post cannot be referred to", where=self._name, hint=hint)
        root = pick(record, "value", "reply", "root")
        ends = {"root_uri": pick_text(root, "uri") or uri, "root_cid": pick_text(root, "cid") or cid}
        return orjson.dumps({"uri": uri, "cid": cid, **ends}).decode()

    def _resolve(self, handle: str) -> str:
        """The DID behind a handle, "" where nobody has it: the mention then stays plain text."""
        response = self._ask("GET", "com.atproto.identity.resolveHandle", params={"handle": handle})
        if not response.is_success and response.status not in {400, 404}:
            raise self._error(response, publishes=False)
        return pick_text(response.json(), "did") if response.is_success else ""

    def _needs_upload(self, message: Message) -> bool:
        uploaded = message.prepared.get("blob_at")
        return uploaded is None or self._http.now() - datetime.fromisoformat(uploaded) > BLOB_LIVES

    def _upload(self, message: Message, picture: Attachment) -> Message:
        """The same bytes always get the same reference, so a second upload changes no record."""
        headers = {"Content-Type": picture.media_type}
        response = self._call("POST", "com.atproto.repo.uploadBlob", headers=headers, content=picture.data)
        blob = pick(response.json(), "blob")
        if not isinstance(blob, dict):
            raise Unavailable("the upload's answer cannot be read", where=self._name)
        stored = orjson.dumps(blob, option=orjson.OPT_SORT_KEYS).decode()
        return with_prepared(message, **{BLOB: stored, "blob_at": response.received_at.isoformat()})

    def _publish_document(self, message: Message) -> Message:
        """Write (or write again, to the same effect) the record that describes the page."""
        published_at = message.published_at or self._intent(message)
        rkey = tid_of(published_at, message.post_id or message.link)
        record = build_document(message, publication=self._options["publication"], published_at=published_at)
        response = self._call("POST", "com.atproto.repo.putRecord", json=self._put(DOCUMENTS, rkey, record))
        ref = {name: pick_text(response.json(), name) for name in ("uri", "cid")}
        if not all(ref.values()):
            raise Unavailable("the document's answer cannot be read", where=self._name)
        return with_prepared(message, **{DOCUMENT: orjson.dumps(ref).decode()})

    def _put(self, collection: str, rkey: str, record: Mapping[str, object]) -> dict[str, object]:
        return {"repo": self.sessions.get().did, "collection": collection, "rkey": rkey, "record": record}

    def _intent(self, message: Message) -> datetime:
        if message.created_at is None:
            raise NotReady("the message has no moment of intent yet", where=self._name)
        return message.created_at

    def send(self, message: Message, *, key: str) -> Receipt:
        self._refuse_misfits(message)
        if message.reply_to and "cid" not in parent_of(message):
            raise Unavailable("the part before has not been looked up yet", where=self._name)
        created_at = self._intent(message)
        record = build_post(message, created_at=created_at, labels=self._labels(message))
        body = {**self._put(POST, tid_of(created_at, key), record), "swapRecord": None, "validate": True}
        response = self._ask("POST", "com.atproto.repo.putRecord", publishes=True, json=body)
        if not response.is_success:
            return self._after_refusal(response, message, key)
        receipt = parse_receipt(response.json(), message)
        if receipt is None:
            raise Uncertain("the server accepted the post but its answer cannot be read", where=self._name)
        return receipt

    def _after_refusal(self, response: Response, message: Message, key: str) -> Receipt:
        """Two refusals say more than no: the record is there already, or its picture is gone."""
        name = error_name(response)
        if name == "InvalidSwap":
            return self._adopt(message, key)
        picture = message.image or message.card
        if name == "BlobNotFound" and picture:
            self._upload(message, picture)
            raise Unavailable("the uploaded picture was gone; it is there again", where=self._name)
        raise self._error(response, publishes=True)

    def _adopt(self, message: Message, key: str) -> Receipt:
        """Something else stands under our key: our own post in an earlier wording, since nobody else has the key."""
        receipt = self.find(message, key=key, since=self._intent(message))
        if receipt is None:
            raise Uncertain("the server holds another record under this key", where=self._name)
        return receipt

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """Ask the server itself: what applications show lags behind."""
        record = self._read_record(tid_of(self._intent(message), key))
        receipt = parse_receipt(record, message)
        if record is not None and receipt is None:
            raise Unavailable("the record cannot be read", where=self._name)
        return receipt

    def _read_record(self, rkey: str) -> object | None:
        """What stands under a key among our posts, None where surely nothing does."""
        params = {"repo": self.sessions.get().did, "collection": POST, "rkey": rkey}
        response = self._ask("GET", "com.atproto.repo.getRecord", params=params)
        if response.status in {400, 404} and _is_not_found(response):
            return None
        if not response.is_success:
            raise self._error(response, publishes=False)
        answer: object = response.json()
        return {} if answer is None else answer

    def resend_until(self, intent_at: datetime) -> datetime:
        """The record key is kept for ever."""
        return intent_at + timedelta(days=3650)

    def count(self, receipt: Receipt) -> Reactions | None:
        """Its server passes the question on to the application that counts."""
        uri = f"at://{self.sessions.get().did}/{POST}/{name_of(receipt)}"
        answer = self._call("GET", "app.bsky.feed.getPosts", params={"uris": uri}).json()
        posts = require_list(answer, "posts", account=self._name)
        names = ("likeCount", "repostCount", "replyCount", "quoteCount")
        return Reactions(*(pick_count(posts, 0, name) for name in names)) if posts else None

    def delete(self, receipt: Receipt) -> None:
        """Deleting what is gone succeeds too, and so would deleting what cannot be a post's key."""
        rkey = name_of(receipt)
        if not is_tid(rkey):
            hint = "the post was settled by hand with an address that does not say its key: delete it by hand"
            raise Rejected("the earlier post cannot be named", where=self._name, hint=hint)
        body = {"repo": self.sessions.get().did, "collection": POST, "rkey": rkey}
        self._call("POST", "com.atproto.repo.deleteRecord", json=body)

    def list_recent(self) -> tuple[Recent, ...]:
        """The account's own posts, newest first, up to a thousand."""
        params = {"repo": self.sessions.get().did, "collection": POST, "limit": str(PAGE)}

        def fetch(cursor: str) -> Page:
            here = {**params, "cursor": cursor} if cursor else params
            answer = self._call("GET", "com.atproto.repo.listRecords", params=here).json()
            following = pick_text(answer, "cursor")
            return read_page(answer, "records", parse=parse_recent, each={}, following=following, account=self._name)

        return read_listing(fetch).posts

    def verify(self) -> Profile:
        known = self._call("GET", "com.atproto.server.getSession").json()
        handle = pick_text(known, "handle") or self.sessions.identifier
        if pick(known, "active") is False:
            status = say(pick_text(known, "status"))
            hint = advise_closed(f"account{status}")
            raise Unauthorised(f"the account is {status or 'not active'}", where=self._name, hint=hint)
        return Profile(f"@{handle}", f"{APP}/profile/{handle}", ("post", "read back", "delete"))

    def _call(self, method: str, name: str, **parts: Unpack[Parts]) -> Response:
        response = self._ask(method, name, **parts)
        if not response.is_success:
            raise self._error(response, publishes=False)
        return response

    def _ask(self, method: str, name: str, *, publishes: bool = False, **parts: Unpack[Parts]) -> Response:
        """One call; where the token is refused (surely nothing happened) again with a fresh one, then after a login."""
        session = self.sessions.get()
        response = self._api(session).call(method, name, publishes=publishes, **parts)
        for renew in (self.sessions.renew, self.sessions.log_in):
            if not is_expired(response):
                break
            session = renew(session)
            response = self._api(session).call(method, name, publishes=publishes, **parts)
        return response

    def _api(self, session: Session) -> Api:
        headers = {"Authorization": f"Bearer {session.access}"}
        return Api(self._http, self._name, headers, base=f"{session.pds}/xrpc/")

    def _error(self, response: Response, *, publishes: bool) -> NetworkError:
        secrets = self.sessions.secrets()
        error = error_of(response, account=self._name, publishes=publishes, secrets=secrets)
        name = error_name(response)
        closed = advise_closed(name)
        if is_expired(response) or closed:
            return Unauthorised(f"{name}: {error.message}", where=self._name, hint=closed or error.hint)
        return error


def _is_not_found(response: Response) -> bool:
    """A proxied answer may lack the error's name but keeps its words."""
    return error_name(response) == "RecordNotFound" or "could not locate record" in response.text.lower()


def open_network(account: Account, vault: Vault, http: Client) -> Bluesky:
    """The account that its option `handle` names, on the server of its option `service`."""
    handle = account.options.get("handle", "").strip().removeprefix("@")
    if not handle:
        raise ConfigError("the handle is missing", where=f"accounts.{account.name}.handle")
    service = (account.options.get("service") or ENTRYWAY).rstrip("/")
    return Bluesky(account, vault, http, Sessions(account.name, handle, service, vault, http))
