"""What a post wishes for its messages: `socialShare`, and `social: {mastodon: {text: …}}` for one network or account.

What cannot be understood is told as a problem, and its messages wait: nobody knows what the author wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syndicate.content.fields import Fields, is_switch, is_yes, plain_text, simplify
from syndicate.model import SocialOverride
from syndicate.text.cleaning import clean_text
from syndicate.text.values import normalise_language

EVERYWHERE: Final = "all"
_HINT = "its messages wait until this is corrected: social: {mastodon: {text: …}}, or {skip: true}"
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "embargo": frozenset(),
    "link": frozenset({"text", "card", "reply", "none"}),
    "media": frozenset({"card", "image", "none"}),
    "visibility": frozenset(),
    "warning": frozenset(),
    "language": frozenset(),
}
"""What can be said beside `text` and `skip`, and the values where there are few."""
_FORMER_NAMES: Final[Mapping[str, str]] = {"twitter": "x"}


def read_social(fields: Fields) -> dict[str, SocialOverride]:
    """Overrides by network or account name, in small letters."""
    key, value = fields.find("social")
    if value is False or (isinstance(value, str) and not is_yes(value)):
        return {EVERYWHERE: SocialOverride(skip=True)}
    if not value or value is True or isinstance(value, str):  # a theme's own flag or text
        return {}
    if not isinstance(value, Mapping):
        return {
            EVERYWHERE: SocialOverride(unclear=_note(fields, key, f'"{key}" should be a table of networks or accounts'))
        }
    found = {}
    for written, item in value.items():
        name = clean_text(str(written)).strip()
        found[_FORMER_NAMES.get(name.casefold(), name.casefold())] = _read_override(fields, key, name, item)
    return found


def find_unclear_share(fields: Fields) -> str:
    """Why `socialShare` is not a text that could be sent, "" where it is one."""
    key, value = fields.find("socialShare")
    if value is False or (value and isinstance(value, list | Mapping)):
        return _say(fields, key, "this is not a text")
    return ""


def _read_override(fields: Fields, key: str, name: str, value: object) -> SocialOverride:
    """A table, a text alone, or false for "not there"."""
    if value is None or value == "":
        return SocialOverride()
    if is_switch(value):
        return SocialOverride(skip=not is_yes(value))
    if isinstance(value, str):
        text, code = _mend_text(fields, key, value)
        return SocialOverride(text=text, code=code)
    if not isinstance(value, Mapping):
        return SocialOverride(unclear=_note(fields, key, f'"{name}" should be a text, a table, or false'))
    said = {simplify(str(option)): item for option, item in value.items() if item is not None}
    options = {option: _to_option(item) for option, item in said.items() if option in _OPTIONS}
    if not normalise_language(options.get("language", "en")):
        fields.warn(
            key, f'"{options["language"][:40]}" is not a language tag, so it is left out', 'write for example "en"'
        )
    text, code = _mend_text(fields, key, plain_text(said.get("text")))
    odd = _find_odd(said, options)
    unclear = _note(fields, key, f'the entry "{odd[:60]}" of "{name}" cannot be understood') if odd else ""
    return SocialOverride(text, is_yes(said.get("skip")), options, code, unclear)


def _find_odd(said: Mapping[str, object], options: Mapping[str, str]) -> str:
    """The first word of a table that says nothing to us, or whose value does not."""
    for name, value in said.items():
        if name not in {"text", "skip", *_OPTIONS} or isinstance(value, list | Mapping):
            return name
        if name == "text" and isinstance(value, bool):
            return name
        if (known := _OPTIONS.get(name)) and options[name] and options[name] not in known:
            return f"{name}: {options[name]}"
    return ""


def _note(fields: Fields, key: str, words: str) -> str:
    """The words with their place, told as a problem as well."""
    words = " ".join(words.split())
    fields.warn(key, words, _HINT)
    return _say(fields, key, words)


def _say(fields: Fields, key: str, words: str) -> str:
    return f"{fields.place(key)}, {key}: {words}"


def _mend_text(fields: Fields, key: str, written: str) -> tuple[str, str]:
    """The text, and the code that was left out of it."""
    fields.left_out.pop(key, None)
    return fields.mend(written, key), fields.left_out.pop(key, "")


def _to_option(item: object) -> str:
    """Options are texts; true and false as the configuration writes them."""
    return str(item).lower() if isinstance(item, bool) else clean_text(plain_text(item))
