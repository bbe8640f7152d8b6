"""What the front matter declares in shapes of its own: people, categories, languages, and wishes for messages."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from syndicate.content.fields import Fields, is_switch, is_yes, plain_text, share, simplify
from syndicate.content.permalinks import date_in_name, is_http
from syndicate.errors import ContentError
from syndicate.model import Author, Category, Habits, Settings, Site, SocialOverride
from syndicate.planning.schedule.when import parse_moment
from syndicate.text import clean_text
from syndicate.text.plain import line_to_plain
from syndicate.text.values import normalise_language

# --- authors, categories and keywords in all the shapes people write them ---

_WITH_EMAIL = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>\s@]+@[^<>\s]+)>")


def read_authors(fields: Fields, known: tuple[Author, ...]) -> tuple[Author, ...]:
    """The post's authors; one that the site knows by name brings the address the site gives them."""
    key, value = fields.find("author")
    people = value if isinstance(value, list) else [] if value is None else [value]
    authors = [author for person in fields.some(people, key) if (author := _author(fields, key, person)) is not None]
    by_name = {author.name.casefold(): author for author in known}
    whole = [_complete(author, by_name.get(author.name.casefold())) for author in authors]
    return tuple({author.name.casefold(): author for author in whole}.values())


def _author(fields: Fields, key: str, person: object) -> Author | None:
    name = line_to_plain(fields.mend(plain_text(person), key))
    if name == "default":  # the file of the site's own author in Next.js starters
        return None
    if not name:
        fields.warn(key, f'"{key}" should be a name, or a table with a name')
        return None
    if isinstance(person, Mapping):
        values = {simplify(str(name)): str(value) for name, value in person.items() if isinstance(value, str)}
        url = next((values[name] for name in ("url", "link", "website", "homepage", "site") if name in values), "")
        pictures = ("avatar", "image", "picture", "photo")
        avatar = next((values[name] for name in pictures if name in values), "")
        return Author(name, _only_http(url), values.get("email", ""), _only_http(avatar))
    parts = _WITH_EMAIL.fullmatch(str(person).strip())
    return Author(line_to_plain(parts["name"]) or parts["email"], "", parts["email"]) if parts else Author(name)


def _complete(author: Author, known: Author | None) -> Author:
    if known is None:
        return author
    email, avatar = author.email or known.email, author.avatar or known.avatar
    return Author(author.name, author.url or known.url, email, avatar)


def _only_http(address: str) -> str:
    return address if is_http(address) else ""


def read_categories(fields: Fields) -> tuple[Category, ...]:
    """The main category first, each name once; a name that is there with and without type keeps its type."""
    found: dict[str, Category] = {}
    for name in ("category", "categories"):
        key, value = fields.find(name)
        items = _items(value, is_spaced=key == "categories" and bool(date_in_name(fields.source)))
        for item in fields.some(items, key):
            category = Category(line_to_plain(fields.mend(plain_text(item), key)), _type_of(item))
            known = found.get(category.name.casefold())
            if category.name and (known is None or not known.type):
                found[category.name.casefold()] = category
    categories: tuple[Category, ...] = share(tuple(found.values()))
    return categories


def _items(value: object, *, is_spaced: bool) -> list[object]:
    """What stands in a list, or in one text: `categories: life travel` are two in a Jekyll post."""
    if isinstance(value, str):
        return list(value.split(None if is_spaced and "," not in value else ","))
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _type_of(item: object) -> str:
    if not isinstance(item, Mapping):
        return ""
    values = {simplify(str(key)): value for key, value in item.items()}
    kind = values.get("type") or values.get("kind") or values.get("scheme")
    return kind.strip() if isinstance(kind, str) else ""


def read_keywords(fields: Fields, habits: Habits) -> tuple[str, ...]:
    """Keywords and tags, each once, without a leading "#"."""
    is_spaced = habits.parts_tags and fields.find("tags")[0] == "tags"
    found = (*fields.texts("keywords"), *fields.texts("tags", is_spaced=is_spaced))
    words = [word.lstrip("#").strip() for word in found]
    return tuple({word.casefold(): line_to_plain(word) for word in reversed(words) if word}.values())[::-1]


# --- Which files are one post in several languages: told by their names ("index.fr.md") and folders ("fr/hello.md") ---

# ISO 639-1, without those that are endings of programs' names ("socket.io.md", "types.ts.md").
_LANGUAGES = (
    " aa ab af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo"
    " es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik is it iu ja jv ka kg"
    " ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl"
    " nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv"
    " sw ta te tg th ti tk tl tn to tr tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
)
_KEYS = frozenset({
    "translationkey", "translationid", "translationsid", "translationof", "ref", "langref", "refslug", "pageid",
    "i18nid", "i18nkey", "i18nref", "hreflangkey",
})  # fmt: skip
"""Names under which translations share a value, as `simplify` writes them."""
_MOST_FOLDERS = 3
"""Folders above a post that may name its language."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What a file's path says: its language ("" where it says none), and the path without it."""

    language: str
    source: str
    is_folder: bool = False


def read_translation(source: str, settings: Settings) -> Translation:
    """The language that the name or a folder of a post stands for: where other files say that it is meant so."""
    root = f"{settings.root}/{settings.site.content}"
    folder, _, name = source.rpartition("/")
    stem, _, ending = name.rpartition(".")
    bare, _, suffix = stem.rpartition(".")
    if bare and _is_language(suffix) and _has_siblings(f"{root}/{folder}", bare, stem):
        return Translation(normalise_language(suffix), f"{folder}/{bare}.{ending}".lstrip("/"))
    parts = source.split("/")
    for depth, part in enumerate(parts[:-1][:_MOST_FOLDERS]):
        rest = "/".join([*parts[:depth], *parts[depth + 1 :]])
        if not _is_language(part):
            continue
        is_name = depth == len(parts) - 2 and _is_among_posts(f"{root}/{source}")
        has_others = not is_name and _has_others("/".join([root, *parts[:depth]]))
        if has_others or os.path.isfile(f"{root}/{rest}"):  # noqa: PTH113
            return Translation(normalise_language(part), rest, is_folder=True)
    return Translation("", source)


def _is_language(word: str) -> bool:
    """ "fr", "pt-BR", "zh_tw"."""
    first, _, region = word.replace("_", "-").lower().partition("-")
    return (
        first.isalpha() and f" {first} " in _LANGUAGES and (not region or (len(region) in {2, 4} and region.isalpha()))
    )


def _has_siblings(folder: str, bare: str, stem: str) -> bool:
    """Whether the same post is there in another language, or in none; a bundle's file needs no other."""
    if bare == "index":
        return True
    return any(
        name != stem and (name == bare or (name.startswith(f"{bare}.") and _is_language(name[len(bare) + 1 :])))
        for name in (file.rpartition(".")[0] for file in _list_names(folder))
    )


def _has_others(folder: str) -> bool:
    """Whether the folder holds folders of several languages."""
    return sum(map(_is_language, _list_names(folder))) > 1


def _is_among_posts(path: str) -> bool:
    """Whether the folder of this index file is a post's name ("posts/vi/index.md"): other posts lie beside it."""
    beside, _, index = path.rsplit("/", 2)
    stem, _, ending = index.partition(".")
    return stem == "index" and any(
        (other.endswith(f".{ending}") and not other.startswith(("index.", "_")))
        or (not _is_language(other) and os.path.isfile(f"{beside}/{other}/{index}"))  # noqa: PTH113
        for other in _list_names(beside)
    )


def _list_names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - plain strings
    except OSError:
        return []


def choose_language(fields: Fields, found: Translation, site: Site) -> str:
    """What the post declares, else what its path says, else the site's. A warning where it declares none that is."""
    key, _ = fields.find("language")
    written = fields.text("language")
    language = normalise_language(written) if written else found.language or site.language
    if not language:
        hint = 'write for example "en" or "pt-BR"'
        fields.warn(key, f'"{written[:40]}" is not a language tag, so it is left out', hint)
    return language


def name_group(fields: Fields, found: Translation, site: Site) -> str:
    """What translations of one post have in common: the key that they declare, else the path without the language."""
    named = ((key, value) for key, value in fields.values.items() if simplify(key) in _KEYS)
    declared = next((value for _, value in named if isinstance(value, str | int) and value != ""), "")
    if declared == "" and site.habits.groups_by_slug:
        declared = fields.verbatim("slug")
    return f"key {declared}" if declared != "" else found.source


def localise(site: Site, found: Translation, address: str) -> str:
    """The address of a post in another language than the site's, where no pattern says it.

    Its language stands before the path, in the place of the site's own if that stands there.
    """
    says_folders = found.is_folder and any(word in site.permalink for word in ("{path}", "{folders}"))
    language, main = found.language.lower(), site.language.lower()
    if not language or "language}" in site.permalink or says_folders or language == main:
        return address
    path = address.removeprefix(site.url)
    first = path.split("/")[1].replace("_", "-").lower()
    if found.is_folder and first == language:  # folders are in the address already, as Jekyll's categories are
        return address
    own = next((f"/{name}" for name in (main, main.partition("-")[0]) if path.startswith(f"/{name}/")), "")
    return f"{site.url}/{language}{path.removeprefix(own)}"


def localise_declared(site: Site, found: Translation, language: str, address: str, *, is_relative: bool) -> str:
    """The address that a translation declares itself, behind its language where the site's generator puts it there.

    Hugo does so with `url: about`, not with `url: /about`; Jekyll's plugin Polyglot always.
    """
    path = address.removeprefix(site.url)
    if "{other_language}" in site.permalink:
        start = "" if language == site.language or path.startswith(f"/{language}/") else f"/{language}"
    elif site.habits.leads_by_language and is_relative:
        code = (found.language or site.language).lower()
        patterns = [site.permalink, *site.permalinks.values()]
        is_main = code == site.language.lower() and not any(pattern.startswith(f"/{code}/") for pattern in patterns)
        start = "" if is_main else f"/{code}"
    else:
        return address
    return f"{site.url}{start}{path}"


# --- What a post wishes for its messages: `socialShare`, and `social: {mastodon: {text: …}}` for some of them ---
# What cannot be understood is told as a problem, and its messages wait: nobody knows what the author wanted.

EVERYWHERE: Final = "all"
_WAITS = "its messages wait until this is corrected"
_HINT = f"{_WAITS}: social: {{mastodon: {{text: …}}}}, or {{skip: true}}"
_DATED = f'{_WAITS}: embargo: "2026-12-01 09:00"'
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
_ANY_ZONE = ZoneInfo("UTC")


_MISSED: Final[Mapping[str, str]] = {
    name: simplify(name) for name in ("socialShare", "imageAlt", "draft", "date", "title")
}
_ALIKE = 0.9


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
    """Why `socialShare` is not a text that could be sent, "" where it is one.

    Raises ContentError where the post may be a draft: a public post can be held back later, never taken back.
    """
    key, value = fields.find("socialShare")
    if value is False or (value and isinstance(value, list | Mapping)):
        return _say(fields, key, "this is not a text")
    meant = {key: name for key in fields.values if (name := guess_name(simplify(key))) and not fields.find(name)[0]}
    hidden = next((key for key, name in meant.items() if name == "draft" and is_yes(fields.values[key])), "")
    if hidden:
        words = f'"{hidden}" is no field of ours; did you mean "draft"?'
        raise ContentError(words, key=hidden, hint="the post is left out until this is corrected")
    found = [
        _note(fields, key, f'"{key}" is no field of ours; did you mean "{name}"?', _WAITS)
        for key, name in meant.items()
    ]
    return found[0] if found else ""


@lru_cache(maxsize=1000)
def guess_name(key: str) -> str:
    """The field that a misspelt key was meant for, "" for none: its letters in another order, or all but one of them.

    Only fields without which a message says something else than its author wanted.
    """
    alike = (name for name, simple in _MISSED.items() if sorted(simple) == sorted(key))
    near = (name for name, simple in _MISSED.items() if SequenceMatcher(None, simple, key).ratio() >= _ALIKE)
    return "" if key in _MISSED.values() else next(alike, "") or next(near, "")


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
    hint = _DATED if odd.startswith("embargo") else _HINT
    unclear = _note(fields, key, f'the entry "{odd[:60]}" of "{name}" cannot be understood', hint) if odd else ""
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
        if name == "embargo" and options[name] and parse_moment(options[name], _ANY_ZONE) is None:
            return f"{name}: {options[name]}"
    return ""


def _note(fields: Fields, key: str, words: str, hint: str = _HINT) -> str:
    """The words with their place, told as a problem as well."""
    words = " ".join(words.split())
    fields.warn(key, words, hint)
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
