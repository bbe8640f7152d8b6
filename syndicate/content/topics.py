"""Authors, categories and keywords in all the shapes people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from syndicate.content.addresses import date_in_name, is_http
from syndicate.content.fields import Fields, plain_text, simplify
from syndicate.model import Author, Category
from syndicate.text.plain import line_to_plain

_WITH_EMAIL = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>\s@]+@[^<>\s]+)>")


def read_authors(fields: Fields, known: tuple[Author, ...]) -> tuple[Author, ...]:
    """The post's authors; one that the site knows by name brings the address the site gives them."""
    key, value = fields.find("author")
    people = value if isinstance(value, list) else [] if value is None else [value]
    authors = [author for person in fields.some(people, key) if (author := _author(fields, key, person)) is not None]
    by_name = {author.name.casefold(): author for author in known}
    return tuple(_unique(_complete(author, by_name.get(author.name.casefold())) for author in authors))


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


def _unique(authors: Iterable[Author]) -> list[Author]:
    return list({author.name.casefold(): author for author in authors}.values())


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
    return tuple(found.values())


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


def read_keywords(fields: Fields) -> tuple[str, ...]:
    """Keywords and tags, each once, without a leading "#"."""
    words = [word.lstrip("#").strip() for name in ("keywords", "tags") for word in fields.texts(name)]
    return tuple({word.casefold(): line_to_plain(word) for word in reversed(words) if word}.values())[::-1]
