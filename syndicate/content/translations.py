"""Which files are one post in several languages: told by their names ("index.fr.md") and folders ("fr/hello.md")."""

from __future__ import annotations

import os
from dataclasses import dataclass

from syndicate.content.fields import Fields, simplify
from syndicate.model import Settings, Site
from syndicate.text.values import normalise_language

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
        if _has_others("/".join([root, *parts[:depth]])) or os.path.isfile(f"{root}/{rest}"):  # noqa: PTH113
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
    """What translations of one post have in common: the key that they declare, else the path without the language.

    For Pelican it is the slug.
    """
    named = ((key, value) for key, value in fields.values.items() if simplify(key) in _KEYS)
    declared = next((value for _, value in named if isinstance(value, str | int) and value != ""), "")
    if declared == "" and site.generator == "pelican":
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
    elif site.generator == "hugo" and is_relative:
        code = (found.language or site.language).lower()
        patterns = [site.permalink, *site.permalinks.values()]
        is_main = code == site.language.lower() and not any(pattern.startswith(f"/{code}/") for pattern in patterns)
        start = "" if is_main else f"/{code}"
    else:
        return address
    return f"{site.url}{start}{path}"
