"""Instagram professional accounts. developers.facebook.com/docs/instagram-platform.

A picture is compulsory, must be a published JPEG, and a link in the caption cannot be followed by a tap: word the
message accordingly ("link in bio"). Posting goes by containers (containers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from syndicate.errors import Rejected
from syndicate.http import Client
from syndicate.model import Account, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.meta.containers import ContainerNetwork, Place
from syndicate.networks.toolkit import pick_count, pick_instant, pick_text, refuse_non_number, require_option
from syndicate.networks.toolkit.readback import Listing, links_of, number_of
from syndicate.text.counting import Counter

API = "https://graph.instagram.com"
VERSION = "v25.0"
AUTHORISE = "https://www.instagram.com/oauth/authorize"
CODES = "https://api.instagram.com"
SCOPES = "instagram_business_basic,instagram_business_content_publish"
LIMITS = Limits(
    characters=2200,
    counter=Counter.CODEPOINTS,
    alt=1000,
    images=1,
    image_bytes=8_000_000,
    image_types=("image/jpeg",),
    tallest=4 / 5,
    widest=1.91,  # a card of 1200 by 630 has 1.905
    hashtags=30,
)
FIELDS = "id,caption,permalink,timestamp"
DESCRIPTION = Description(
    name="instagram",
    title="Instagram",
    look=Look(fold=125, more="more", cards=False),
    options=(
        Option("user", "Number of the Instagram account", required=True),
        Option("version", "Version of the Graph API", default=VERSION),
        Option("api", "Address of the API", default=API),
        Option("codes", "Address that trades a login's code", default=CODES),
    ),
    secrets=(Secret("access_token", "A long-lived token; `syndicate login` gets and renews it"),),
    facts=NetworkFacts(network="instagram", limits=LIMITS, media="image"),
    note="Links in captions cannot be tapped. Cards must be JPEG. Posts can be neither edited nor deleted from here.",
)


def build_container(message: Message, *, account: str) -> dict[str, str]:
    """The form of a new container. Raises Rejected for a picture that Instagram would refuse."""
    image = message.image
    if image is None:
        raise Rejected("Instagram takes no post without a picture", where=account, hint='set media = "image"')
    if not LIMITS.takes_shape(image.width, image.height):
        raise Rejected(
            f"the picture's shape, {image.width} by {image.height}, is not between 4:5 and 1.91", where=account
        )
    form = {"image_url": image.url, "caption": message.text, "alt_text": image.alt}
    return {name: value for name, value in form.items() if value}


def parse_recent(post: object) -> Recent | None:
    """A listed post, None for one without number or date."""
    number, published_at, caption = pick_text(post, "id"), pick_instant(post, "timestamp"), pick_text(post, "caption")
    if not number or published_at is None:
        return None
    return Recent(Receipt(number, pick_text(post, "permalink")), caption, links_of(caption), published_at)


class Instagram(ContainerNetwork):
    """One professional account."""

    limits = LIMITS

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        api = (account.options.get("api") or API).rstrip("/")
        codes = (account.options.get("codes") or CODES).rstrip("/")
        self._user = user = account.options["user"]
        place = Place(
            title="Instagram",
            api=api,
            authorise_url=AUTHORISE,
            code_url=f"{codes}/oauth/access_token",
            scopes=SCOPES,
            prefix="ig",
            root=f"{api}/{account.options.get('version') or VERSION}",
            make=f"{user}/media",
            publish=f"{user}/media_publish",
            quota=f"{user}/content_publishing_limit",
            state="status_code",
            said="status",
        )
        super().__init__(account, vault, http, place)

    def _build(self, message: Message) -> Mapping[str, str]:
        return build_container(message, account=self._name)

    def _list(self, message: Message | None, since: datetime | None) -> Listing:
        return self._read(f"{self._user}/media", FIELDS, parse_recent, since)

    def count(self, receipt: Receipt) -> Reactions | None:
        post = self._get(number_of(receipt, account=self._name), {"fields": "like_count,comments_count"})
        return Reactions(likes=pick_count(post, "like_count"), replies=pick_count(post, "comments_count"))

    def verify(self) -> Profile:
        """Who we are, and whether the day's posts are used."""
        name = pick_text(self._get(self._user, {"fields": "id,username"}), "username")
        return Profile(
            name=f"@{name}",
            url=f"https://www.instagram.com/{name}/",
            abilities=("post", "read"),
            expires_at=self.expires_at(),
            warnings=self._quota_warnings(),
        )


def open_network(account: Account, vault: Vault, http: Client) -> Instagram:
    """The professional account behind an account. Raises ConfigError without its number."""
    require_option(account, "user")
    refuse_non_number(account, "user")
    return Instagram(account, vault, http)
