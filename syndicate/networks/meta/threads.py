"""Threads. developers.facebook.com/docs/threads.

Posting goes by containers (containers.py); the link becomes a preview of its own, the picture is fetched by
Meta from the site.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from syndicate.errors import ConfigError
from syndicate.http import Client
from syndicate.model import Account, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, Option, Profile, Recent, Secret, Vault
from syndicate.networks.meta import delete_post
from syndicate.networks.meta.containers import ContainerNetwork, Place, failures_of
from syndicate.networks.toolkit import pick_count, pick_instant, pick_list, pick_text
from syndicate.networks.toolkit.readback import REPLIES_TO, Listing, links_of, number_of, with_numbered_reply
from syndicate.text.counting import Counter

API = "https://graph.threads.net"
VERSION = "v1.0"
AUTHORISE = "https://threads.net/oauth/authorize"
SCOPES = "threads_basic,threads_content_publish,threads_delete"
LIMITS = Limits(
    characters=500,
    counter=Counter.THREADS,
    alt=1000,
    images=1,
    image_bytes=8_000_000,
    tallest=1 / 10,
    widest=10,
    links=5,
    hashtags=1,
)
MAX_TOPIC = 50
REPLY_CONTROLS = ("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only")
FIELDS = "id,permalink,text,timestamp,link_attachment_url"
DESCRIPTION = Description(
    name="threads",
    title="Threads",
    options=(
        Option("reply_control", "Who may reply", "everyone", choices=REPLY_CONTROLS),
        Option("topic", "The topic of every post, without #; else the first hashtag is it"),
        Option("api", "Address of the API", default=API),
    ),
    secrets=(Secret("access_token", "A long-lived token; `syndicate login` gets and renews it"),),
    facts=NetworkFacts(network="threads", limits=LIMITS, media="none", can_thread=True),
    note="Tokens live 60 days and renew themselves while syndicate runs. Posts cannot be edited.",
)


def build_container(message: Message, options: Mapping[str, str]) -> dict[str, str]:
    """The form of a new container. After a failure the preview is left out where the text has the link itself."""
    form = {"media_type": "TEXT", "text": message.text}
    if message.image:
        form |= {"media_type": "IMAGE", "image_url": message.image.url, "alt_text": message.image.alt}
    elif message.link and not (failures_of(message) and message.link in message.text):
        form["link_attachment"] = message.link
    form["reply_control"] = options.get("reply_control", "")
    form["topic_tag"] = options.get("topic", "")
    form["reply_to_id"] = message.reply_to.remote_id if message.reply_to else ""
    return {name: value for name, value in form.items() if value}


def parse_recent(post: object) -> Recent | None:
    """A listed post, None for one without number or date."""
    number, published_at = pick_text(post, "id"), pick_instant(post, "timestamp")
    if not number or published_at is None:
        return None
    text, parent = pick_text(post, "text"), pick_text(post, "replied_to", "id")
    receipt = Receipt(number, pick_text(post, "permalink"), {REPLIES_TO: parent} if parent else {})
    return Recent(receipt, text, links_of(text, pick_text(post, "link_attachment_url")), published_at)


def parse_insights(answer: object) -> dict[str, int]:
    """The numbers of a post by their names; Meta tells each as a total or as the first of some values."""
    found = {}
    for each in pick_list(answer, "data"):
        total, first = pick_count(each, "total_value", "value"), pick_count(each, "values", 0, "value")
        number = first if total is None else total
        if number is not None:
            found[pick_text(each, "name")] = number
    return found


class Threads(ContainerNetwork):
    """One Threads account."""

    limits = LIMITS

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        api = (account.options.get("api") or API).rstrip("/")
        place = Place(
            title="Threads",
            api=api,
            authorise_url=AUTHORISE,
            code_url=f"{api}/oauth/access_token",
            scopes=SCOPES,
            prefix="th",
            root=f"{api}/{VERSION}",
            make="me/threads",
            publish="me/threads_publish",
            quota="me/threads_publishing_limit",
            state="status",
            said="error_message",
        )
        super().__init__(account, vault, http, place)

    def _build(self, message: Message) -> Mapping[str, str]:
        return build_container(with_numbered_reply(message, account=self._name), self._options)

    def _list(self, message: Message | None, since: datetime | None) -> Listing:
        if message and message.reply_to:  # replies stand in a listing of their own
            return self._read("me/replies", f"{FIELDS},replied_to", parse_recent, since)
        return self._read("me/threads", FIELDS, parse_recent, since)

    def count(self, receipt: Receipt) -> Reactions | None:
        """Needs the scope threads_manage_insights."""
        place = f"{number_of(receipt, account=self._name)}/insights"
        found = parse_insights(self._get(place, {"metric": "likes,reposts,replies,quotes"}))
        return Reactions(found.get("likes"), found.get("reposts"), found.get("replies"), found.get("quotes"))

    def delete(self, receipt: Receipt) -> None:
        """Needs the scope threads_delete."""
        delete_post(self._api(), self._url(number_of(receipt, account=self._name)))

    def verify(self) -> Profile:
        """Who we are, and whether the day's 250 posts are used."""
        name = pick_text(self._get("me", {"fields": "id,username,name"}), "username")
        return Profile(
            name=f"@{name}",
            url=f"https://www.threads.com/@{name}",
            abilities=("post", "read", "delete"),
            expires_at=self.expires_at(),
            warnings=self._quota_warnings(),
        )


def open_network(account: Account, vault: Vault, http: Client) -> Threads:
    """The Threads account behind an account. Raises ConfigError for a topic that Threads would refuse."""
    topic = account.options.get("topic", "")
    if len(topic) > MAX_TOPIC or {".", "&"} & set(topic):
        where = f"accounts.{account.name}.topic"
        raise ConfigError(
            f'"{topic}" is not a valid topic', where=where, hint=f"at most {MAX_TOPIC} characters, no . or &"
        )
    return Threads(account, vault, http)
