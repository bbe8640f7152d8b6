"""What a post says for single networks or accounts: `social: {mastodon: {text: …}, bluesky: false}`."""

from __future__ import annotations

from collections.abc import Mapping

from syndicate.content.fields import Fields, is_yes, plain_text
from syndicate.model import SocialOverride
from syndicate.text.cleaning import clean_text
from syndicate.text.languages import normalise_language


def read_social(fields: Fields) -> dict[str, SocialOverride]:
    """Overrides by network or account name, as written."""
    key, value = fields.find("social")
    if value is None or isinstance(value, str):
        return {}
    if not isinstance(value, Mapping):
        fields.warn(key, f'"{key}" should be a table of networks or accounts', "social: {mastodon: {text: …}}")
        return {}
    return {clean_text(str(name)): _override(fields, key, item) for name, item in value.items()}


def _override(fields: Fields, key: str, value: object) -> SocialOverride:
    """A table, a text alone, or false for "not there"."""
    if isinstance(value, str):
        return SocialOverride(text=fields.mend(value, key))
    if isinstance(value, bool) or value is None:
        return SocialOverride(skip=value is False)
    if not isinstance(value, Mapping):
        fields.warn(key, f'an entry of "{key}" should be a text, a table, or false')
        return SocialOverride()
    options = {clean_text(str(name)): _option(item) for name, item in value.items() if name not in {"text", "skip"}}
    language = options.get("language", "")
    if language and not normalise_language(language):
        fields.warn(key, f'"{language[:40]}" is not a language tag, so it is left out', 'write for example "en"')
    return SocialOverride(fields.mend(plain_text(value.get("text")), key), is_yes(value.get("skip")), options)


def _option(value: object) -> str:
    """Options are texts; true and false as the configuration writes them."""
    return str(value).lower() if isinstance(value, bool) else clean_text(plain_text(value))
