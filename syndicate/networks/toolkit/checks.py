"""The last look before a call: a message that cannot fit is refused here, whole, before anything is spent."""

from __future__ import annotations

from syndicate.errors import Misfit, Rejected
from syndicate.model import Attachment, Limits, Message
from syndicate.text.counting import Counter, count
from syndicate.text.fit import fit


def shorten(text: str, limit: int, counter: Counter = Counter.CODEPOINTS) -> str:
    """A title or summary within its field, ended at a word and never inside what people see as one character."""
    return fit(text, lambda part: count(part, counter) <= limit)


def refuse_misfits(message: Message, limits: Limits, *, account: str) -> None:
    """Raise Misfit where the network would refuse or silently cut the message."""
    excess = limits.find_excess(message.text, with_image=message.image is not None)
    if excess:
        raise Misfit(f"the text is too long: {excess}", where=account)
    for attachment in filter(None, (message.image, message.card)):
        _refuse_attachment(attachment, limits, account)


def _refuse_attachment(attachment: Attachment, limits: Limits, account: str) -> None:
    if attachment.media_type not in limits.image_types:
        raise Misfit(f"the network takes no {attachment.media_type} ({attachment.path})", where=account)
    if len(attachment.data) > limits.image_bytes:
        size = f"{len(attachment.data):,} of {limits.image_bytes:,} bytes"
        raise Misfit(f"the image {attachment.path} is too large: {size}", where=account)
    if not limits.fits_alt(attachment.alt):
        raise Misfit(f"the image's alt text is longer than {limits.alt} characters", where=account)


def refuse_unpublished_image(message: Message, *, account: str) -> None:
    """Raise Rejected where a network that fetches images itself has no address to fetch from."""
    if message.image and not message.image.url.startswith(("http://", "https://")):
        hint = "this network fetches images itself: publish the cards first, and set feeds_url if they live elsewhere"
        raise Rejected("the image has no public address", where=account, hint=hint)


def refuse_warning(message: Message, *, account: str) -> None:
    """Raise Rejected for a content warning where the network has none: it must not be lost in silence."""
    if message.warning:
        hint = "put the warning into the text, or leave it out for this account"
        raise Rejected("this network has no content warnings", where=account, hint=hint)


def refuse_private(message: Message, *, account: str) -> None:
    """Raise Rejected for a message meant for few where the network only knows everybody."""
    if message.visibility.lower() not in {"", "public", "unlisted"}:
        raise Rejected(f'this network has no visibility "{message.visibility}"', where=account)
