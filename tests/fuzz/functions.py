"""Every function that is handed a text somebody else wrote, by a name to print."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from syndicate.content import built
from syndicate.content.body import drop_heading, drop_lead, first_heading, read_teaser
from syndicate.content.fields import NAMES
from syndicate.content.front import parse_front
from syndicate.content.parsing import parse_post
from syndicate.content.permalinks import absolute_permalink, make_slug
from syndicate.content.picture import make_credit
from syndicate.content.write_back import add_syndication
from syndicate.errors import ConfigError
from syndicate.formats.assembly import clean, clean_line, clean_url
from syndicate.http import Response
from syndicate.model import Message, Picture, Receipt
from syndicate.networks import micropub, slack
from syndicate.networks import toolkit as answers
from syndicate.networks.base import Recent
from syndicate.networks.toolkit import readback
from syndicate.pages import parse_page
from syndicate.planning.feeds.entries import guess_picture_type
from syndicate.planning.messages.template import tidy
from syndicate.stats import count_readers
from syndicate.stats.hits import parse_line
from syndicate.text import (
    clean_text,
    counting,
    dialects,
    drop_broken,
    hashtags,
    links,
    markdown,
    one_line,
    plain,
    repair,
    sanitising,
    shortcodes,
    values,
)
from syndicate.text.counting import Counter, count, cut, split_graphemes
from syndicate.text.generator_code import GeneratorCode
from syndicate.text.markdown import make_absolute
from syndicate.text.slugs import name_title
from syndicate.web.feeds import choose_coding, decide_status
from tests.content.golden import make_settings

_LOG_HEAD = 'a - - [24/Nov/2026:09:00:00 +0000] "GET /rss.xml HTTP/1.1"'
_SITE = "https://example.com/blog/a/"
_NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_PICTURE = Picture("https://example.com/a.jpg", "a picture")
_SETTINGS = make_settings(Path("/nowhere"))
_LABELS = _SETTINGS.content.labels


def _front(opening: str, closing: str = "") -> Callable[[str], object]:
    return lambda text: parse_front(f"{opening}\n{text}\n{closing or opening}\nbody", "a.md")


def _field(name: str) -> Callable[[str], object]:
    """A post with the text as the value of one field, whatever it holds."""
    return lambda text: parse_post(
        json.dumps({"title": "T", name: drop_broken(text)}) + "\nbody", "a.md", "/nowhere/a.md", _SETTINGS
    )


def _list(name: str) -> Callable[[str], object]:
    """A post with a list of many texts in one field."""
    return lambda text: parse_post(
        json.dumps({"title": "T", name: [f"{n} {drop_broken(text[:20])}" for n in range(len(text) // 10)]}) + "\nbody",
        "a.md",
        "/nowhere/a.md",
        _SETTINGS,
    )


def _dated(text: str) -> None:
    with suppress(ValueError):
        values.parse_date(text, UTC)


def _count(counter: Counter, per_link: int | None = None) -> Callable[[str], object]:
    return lambda text: count(text, counter, per_link=per_link)


def _body(source: str) -> Callable[[str], object]:
    return lambda text: parse_post(f"---\ntitle: T\n---\n{text}", source, f"/nowhere/{source}", _SETTINGS)


def _syndicate(text: str) -> object:
    return add_syndication(f"---\na: b\n---\n{text}", ["https://example.com/b"], source="a.md")


def _answer(text: str, **headers: str) -> Response:
    return Response(400, headers, text.encode("utf-8", "replace"), _SITE, _NOW)


def _found(text: str, **headers: str) -> None:
    with suppress(ConfigError):
        micropub.find_endpoint(_answer(text, **headers))


def _header(name: str) -> Callable[[str], object]:
    return lambda text: decide_status({name: f'"{"a" * 32}{text}'}, "a" * 32, _NOW)


FUNCTIONS: Mapping[str, Callable[[str], object]] = {
    "absolute.make_absolute": lambda text: make_absolute(text, _SITE),
    "links.find_http_addresses": links.find_http_addresses,
    "text.clean_text": clean_text,
    "text.drop_broken": drop_broken,
    "text.one_line": one_line,
    "markdown.split_code": markdown.split_code,
    "markdown.map_prose": lambda text: markdown.map_prose(text, str.upper),
    "count graphemes": _count(Counter.GRAPHEMES),
    "count utf16 with links": _count(Counter.UTF16, 23),
    "count weighted": _count(Counter.WEIGHTED),
    "count mastodon": _count(Counter.MASTODON, 23),
    "count threads": _count(Counter.THREADS),
    "values.parse_date": _dated,
    "counting.fit": lambda text: counting.fit(text, lambda one: len(one) <= len(text) // 2),
    "counting.fit weighted": lambda text: counting.fit(text, lambda one: count(one, Counter.WEIGHTED) <= 280),
    "counting.split": lambda text: counting.split(text, lambda one, _: len(one) <= 300),
    "counting.split large": lambda text: counting.split(text, lambda one, _: len(one) <= 2_000),
    "graphemes.split_graphemes": split_graphemes,
    "graphemes.cut": lambda text: cut(text, len(text) // 2),
    "hashtags.find_hashtags": hashtags.find_hashtags,
    "hashtags.find_mentions": hashtags.find_mentions,
    "hashtags.to_hashtag": hashtags.to_hashtag,
    "repair.strip_label": lambda text: repair.strip_label(text, _LABELS),
    "repair.find_label": lambda text: repair.find_label(text, _LABELS),
    "repair.unquote": repair.unquote,
    "repair.drop_label_paragraph": lambda text: repair.drop_label_paragraph(text, _LABELS, ("a", text)),
    "links.find_links": links.find_links,
    "links.find_web_links": links.find_web_links,
    "links.find_addresses": links.find_addresses,
    "links.add_parameters": lambda text: links.add_parameters(f"https://example.com/?{text}", {"utm_source": "a"}),
    "markdown.render_html": lambda text: markdown.render_html(text, _SITE),
    "markdown.link_addresses": markdown.link_addresses,
    "dialects.drop_dialect": lambda text: dialects.drop_dialect(text, GeneratorCode()),
    "dialects.open_notes": dialects.open_notes,
    "dialects.drop_mdx": dialects.drop_mdx,
    "dialects.is_mdx": dialects.is_mdx,
    "liquid.render_tags": lambda text: shortcodes.render_tags(text, GeneratorCode(), lambda _inside, _written: None),
    "maths.set_apart": markdown.set_apart,
    "shortcodes.fill_text": lambda text: shortcodes.fill_text(text, GeneratorCode()),
    "plain.first_paragraph of": lambda text: plain.first_paragraph(f"<p>{text}</p>"),
    "plain.to_plain": plain.to_plain,
    "plain.line_to_plain": plain.line_to_plain,
    "plain.first_paragraph": lambda text: plain.first_paragraph(sanitising.sanitise(text, _SITE)),
    "plain.shorten": lambda text: plain.shorten(text, len(text) // 2),
    "markdown.prune": lambda text: markdown.prune(sanitising.sanitise(text, _SITE)),
    "repair.repair_text": repair.repair_text,
    "repair.repair_markdown": repair.repair_markdown,
    "sanitising.sanitise": lambda text: sanitising.sanitise(text, _SITE),
    "links.absolute_url": lambda text: links.absolute_url(text, _SITE),
    "sanitising.absolute_srcset": lambda text: sanitising.absolute_srcset(text, _SITE),
    "shortcodes.drop_shortcodes": shortcodes.drop_shortcodes,
    "addresses.make_slug": lambda text: make_slug(text, "a.md", text),
    "addresses.make_slug of a name": lambda text: make_slug("", f"{text}.md", ""),
    "addresses.name_title": name_title,
    "addresses.absolute_permalink": lambda text: absolute_permalink(_SETTINGS.site, text, closing="/"),
    "body.first_heading": first_heading,
    "body.drop_heading": lambda text: drop_heading(f"# {text}", text),
    "body.read_teaser": lambda text: read_teaser(f"{text}<!-- more -->{text}", "a.md", _SITE, GeneratorCode()),
    "body.drop_lead": lambda text: drop_lead(sanitising.sanitise(text, _SITE), _PICTURE),
    "picture.make_credit": make_credit,
    "front YAML": _front("---"),
    "front TOML": _front("+++"),
    "front JSON": _front(";;;"),
    "front YAML value": lambda text: parse_front(f"---\na: {text}\n---\nbody", "a.md"),
    "front TOML value": lambda text: parse_front(f"+++\na = '{text}'\n+++\nbody", "a.md"),
    "front none": lambda text: parse_front(text, "a.md"),
    "post.md": _body("a.md"),
    "post.mdx": _body("a.mdx"),
    **{f"field {name}": _field(name) for name in NAMES},
    **{f"list {name}": _list(name) for name in ("categories", "keywords", "author", "syndication", "image", "social")},
    "syndication.add_syndication": _syndicate,
    "clean.clean": clean,
    "clean.clean_line": clean_line,
    "clean.clean_url": clean_url,
    "entries.guess_picture_type": guess_picture_type,
    "wording.tidy": tidy,
    "page": parse_page,
    "built page": lambda text: built.parse_page(text, "a/index.html", 0, "example.com"),
    "accept-encoding": lambda text: choose_coding(text, {"gzip": 1}),
    **{name: _header(name) for name in ("if-none-match", "if-match", "if-modified-since")},
    "micropub.find_endpoint": _found,
    "micropub.find_endpoint in a header": lambda text: _found("", link=f"<a>{text}"),
    "slack.parse_text": slack.parse_text,
    "answers.words_of": lambda text: answers.words_of(_answer(text), ["secret-1"]),
    "answers.words_of JSON": lambda text: answers.words_of(_answer(json.dumps({"error": text})), ["secret-1"]),
    "answers.parse_moment": lambda text: answers.parse_moment(text, _NOW),
    "answers.pick_text": answers.pick_text,
    "readback.links_of_html": readback.links_of_html,
    "readback.links_of": readback.links_of,
    "readback.text_of_html": readback.text_of_html,
    "readback.is_same_link": lambda text: readback.is_same_link(f"http://a{text}", _SITE),
    "readback.choose_copy": lambda text: readback.choose_copy(
        [Recent(Receipt("1", ""), text, (), _NOW)], Message(text=text), since=_NOW
    ),
    "log line": parse_line,
    "log line's agent": lambda text: count_readers([f'{_LOG_HEAD} 200 1 "-" "{text[:500]}"'] * (len(text) // 500)),
    "log line's numbers": lambda text: parse_line(f'{_LOG_HEAD} {text} {text} "-" "-"'),
    "JSON log line": lambda text: parse_line(
        json.dumps({"ts": 1, "status": 200, "request": {"uri": drop_broken(text)}})
    ),
}
