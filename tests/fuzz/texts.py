"""Texts that others wrote, and one that the author mistyped: pages, access logs, configuration, templates of messages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from syndicate.config.read import make_settings
from syndicate.errors import ConfigError
from syndicate.http import Response
from syndicate.model import NEW, KnownPost, Settings
from syndicate.pages import judge_page, parse_page
from syndicate.planning.messages import compose_message, make_style
from syndicate.stats import count_readers, render_stats
from tests.fuzz.target import Target, find_steering, plain
from tests.fuzz.words import HOSTS, addresses, lines, texts, words
from tests.planning.blog import CARD, FACTS, NOW, SITE, make_account, make_post

# --- pages ---

_LINK = "https://blog.example/a/"
_tags = st.one_of(
    st.tuples(
        st.sampled_from(
            ('<link rel="canonical" href="', "<link href='", "<meta property=og:url content=", "<LINK REL=")
        ),
        addresses,
        st.sampled_from(('">', "'>", " />", "", ">", '" rel=canonical>')),
    ).map("".join),
    st.tuples(st.sampled_from(('<meta property="og:image" content="', "<meta name=og:image content='")), addresses).map(
        lambda pair: f'{pair[0]}{pair[1]}">'
    ),
    st.sampled_from(
        ("<![<", "<!--", "-->", "<script>", "</script >", "<style>", "<title>", "</title>", "<", "&#xd800;", "İ")
    ),
    words,
)
_pages = st.lists(_tags, max_size=25).map("".join)


def check_page(given: tuple[str, bytes, str, int]) -> None:
    """Any page is judged in one clean line: it is live, or it is told why not."""
    text, raw, title, status = given
    for body in (text.encode("utf-8", "surrogatepass"), raw):
        answer = Response(status, {"content-type": "text/html"}, body, _LINK, NOW)
        facts = parse_page(answer.text)
        told = judge_page(answer, facts, _LINK, title)
        assert len(told) < 500, "a remark longer than a remark"


PAGES = Target(
    name="pages",
    inputs=st.tuples(_pages, st.binary(max_size=200), lines, st.sampled_from((200, 404))),
    open=plain(check_page),
)

# --- access logs ---

_agents = st.one_of(
    lines,
    st.tuples(words, st.integers(), st.sampled_from((" subscribers; feed-id=", " readers", " users"))).map(
        lambda parts: f"{parts[0]}/1.0 ({parts[1]}{parts[2]}x)"
    ),
)
_times = st.one_of(
    st.sampled_from(
        (
            "24/Nov/2026:09:00:00 +0000",
            "01/Jan/0001:00:00:00 +1400",
            "31/Dec/9999:23:59:59 -1400",
            "30/Feb/2026:25:61:61 +9999",
        )
    ),
    lines,
)
_paths = st.one_of(
    st.sampled_from(("/feeds/rss.xml", "/feeds/atom.xml?a", "http://[/feed.json", "/feeds/feed.json#")), addresses
)
_combined = st.tuples(
    st.sampled_from((*HOSTS, "-")),
    _times,
    _paths,
    st.sampled_from(("200", "304", "0", "-", "9" * 40, "9" * 5000)),
    _agents,
).map(lambda p: f'{p[0]} - - [{p[1]}] "GET {p[2]} HTTP/1.1" {p[3]} {p[3]} "-" "{p[4]}"')
_numbers = st.one_of(st.integers(), st.floats(), st.text(max_size=3), st.none())
_caddy = st.fixed_dictionaries(
    {
        "ts": _numbers,
        "request": st.one_of(
            st.fixed_dictionaries(
                {
                    "remote_ip": lines,
                    "uri": _paths,
                    "headers": st.one_of(st.none(), st.dictionaries(st.just("User-Agent"), st.lists(_agents))),
                }
            ),
            _numbers,
        ),
        "status": _numbers,
        "size": _numbers,
    }
).map(json.dumps)
_log = st.lists(st.one_of(_combined, _caddy, lines), max_size=20)


def check_log(given: list[str]) -> None:
    """Any log gives a table without a letter that steers the terminal."""
    found = count_readers(given)
    controls = find_steering(render_stats(found))
    assert not controls, f"control characters in the table: {controls!r}"


LOGS = Target(name="logs", inputs=_log, open=plain(check_log))

# --- configuration ---

_TABLES = {
    "site": ("title", "url", "name", "language", "timezone", "author", "permalink", "content", "static", "icon", "feeds_url", "allow_private"),
    "fields": ("title", "date", "x"),
    "content": ("labels", "include", "ignore", "repair", "write_back"),
    "feeds": ("formats", "items", "max_bytes", "archives", "by", "flags", "hubs", "renamed", "retired", "indexnow_key"),
    "cards": ("layout", "theme", "font", "fonts", "logo", "accent", "format", "sizes", "max_bytes", "keep", "fetch"),
    "schedule": ("slots", "timezone", "quiet", "gap", "delay", "grace", "missed", "per_day", "old_after", "most_at_once"),
    "accounts.a": ("network", "on", "only", "except", "template", "link", "media", "utm", "language", "hashtags", "slots", "gap", "handle"),
    "storage": ("database", "publish_to"),
    "notices": ("command", "webhook", "email"),
}  # fmt: skip
_SENSIBLE = (
    "2h", "99999999999d", "-1h", "1e9h", "22:00-07:00", "25:00-99:99", "mon-fri 09:00", "0 9 * * mon", "* * * * *", "9" * 400,
    "Europe/Berlin", "../../etc/passwd", "/etc/passwd", "/dev/zero", "en", "x" * 300, "512KB", "9999999999999999TB", "1200x630",
    "²00x630", "#ffffff", "s3://", "sqlite:///", "sqlite://", "postgresql://[", "file:///etc", "{slug}", "{", "{slug.__class__}",
    "/{year}/{nope}/", "local", "mastodon", "nope", "rss", "category", "**", "[", "\\", "feeds/..", ".", "content",
)  # fmt: skip
_scalars = st.one_of(
    st.sampled_from(_SENSIBLE).map(json.dumps),
    st.one_of(addresses, lines).map(lambda text: json.dumps(text.encode("utf-8", "ignore").decode())),
    st.integers().map(str),
    st.sampled_from(
        (
            "true",
            "nan",
            "inf",
            "1979-05-27",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59+23:59",
            "07:32:00",
            "9" * 5000,
            "{}",
            "[]",
        )
    ),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        inner.map(lambda value: f"{{ a = {value} }}"),
        inner.map(lambda value: f'{{ name = {value}, url = "http://[", email = "a@b@c" }}'),
    ),
    max_leaves=4,
)
_settings = st.lists(
    st.sampled_from(sorted(_TABLES)).flatmap(
        lambda table: st.tuples(st.just(table), st.sampled_from((*_TABLES[table], "nope")), _values)
    ),
    max_size=6,
)
_odd = st.one_of(
    lines,
    st.integers(1, 3000).map(lambda depth: "a = " + "[" * depth),
    st.integers(1, 3000).map(lambda n: "[" + "a." * n + "a]"),
)


def check_configuration(given: tuple[list[tuple[str, str, str]], str]) -> None:
    """Settings, or a ConfigError that names the file; nothing else."""
    tables: dict[str, dict[str, str]] = {
        "site": {"title": '"T"', "url": '"https://blog.example"'},
        "accounts.a": {"network": '"local"'},
    }
    for table, key, value in given[0]:
        tables.setdefault(table, {})[key] = value
    text = "\n".join(
        f"[{table}]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items()) for table, keys in tables.items()
    )
    try:
        found = make_settings(f"{text}\n{given[1]}", root=Path("/nowhere/site"), environ={})
    except ConfigError as error:
        _judge_error(error, "syndicate.toml")
    else:
        assert isinstance(found, Settings)


CONFIGURATION = Target(
    name="configuration", inputs=st.tuples(_settings, st.one_of(st.just(""), _odd)), open=plain(check_configuration)
)


def _judge_error(error: ConfigError, place: str) -> None:
    assert place in error.where, f"an error at {error.where}, not at {place}"


# --- templates of messages ---

_NAMES = (
    "text",
    "title",
    "link",
    "tags",
    "hashtags",
    "categories",
    "minutes",
    "nope",
    "site",
    "self",
    "loop",
    "cycler",
    "range",
    "lipsum",
)
_expressions = st.recursive(
    st.one_of(st.sampled_from(_NAMES), st.sampled_from(("1", "10**9", "'a'", "[]", "{}", "none", "''.__class__", "9" * 30))),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from((" * ", " + ", " / ", " ** ", " ~ ", " % ", " in ", " // ")), inner).map("".join),
        st.tuples(
            inner,
            st.sampled_from(
                ("|upper", "|join", "|batch(3)", "|list", "|sum", "|center(99999)", "|format(1)", "|indent(9999)", "|replace('','aaaa')",
                 "|wordwrap(1)", "|truncate(-1)", "|tojson", "|pprint", "|xmlattr", "|urlize", "|map('upper')", "|sort", "|random",
                 "|slice(99999999)", "|round(99999)", "|int(base=99)", "|filesizeformat", "|attr('__class__')", "|max", "|groupby('a')")
            ),
        ).map("".join),
        inner.map(lambda one: f"({one})(1)"),
        inner.map(lambda one: f"{one}[0]"),
        inner.map(lambda one: f"range({one})|list"),
    ),
    max_leaves=5,
)  # fmt: skip
_statements = st.one_of(
    _expressions.map(lambda one: f"{{{{ {one} }}}}"),
    _expressions.map(lambda one: f"{{% for x in {one} %}}{{{{ x }}}}{{% endfor %}}"),
    _expressions.map(lambda one: f"{{% if {one} %}}a{{% endif %}}"),
    _expressions.map(lambda one: f"{{% set a = {one} %}}{{{{ a }}}}"),
    _expressions.map(lambda one: f"{{% for x in range(900) %}}{{% for y in range(900) %}}{{{{ {one} }}}}{{% endfor %}}{{% endfor %}}"),
    st.sampled_from(
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{% raw %}",
         "{{", "{%", "{#", "{{ text|replace('','aaaaaaaaaa')|replace('','aaaaaaaaaa') }}", "{{ 'a' * 10**9 }}", "{{ '%1000000000d'|format(1) }}",
         "{{ '{:>999999999}'.format(1) }}", "{{ lipsum(n=999) }}", "{% block a %}{% endblock %}", "{% set x.y = 1 %}",
         "{{ text.__class__.__mro__ }}", "{{ namespace(a=1).a }}", "{{ dict(a=1) }}", "{{ joiner()() }}", "{{ [1]|sum(start='a') }}")
    ),
    words,
)  # fmt: skip
_templates = st.lists(_statements, max_size=5).map("".join)
_POST = make_post("a")
_KNOWN = KnownPost(
    id="tag:a", source="a.md", slug="a", permalink=_POST.permalink, title="A", digest="", published_at=NOW, updated_at=NOW, first_seen_at=NOW
)  # fmt: skip


def check_template(given: tuple[str, str, str, str]) -> None:
    """A message that its network takes, or a ConfigError that names the template."""
    template, text, network, link = given
    post = replace(_POST, social_share=text, title=text[:40] or "T", keywords=(text[:20],))
    account = replace(make_account(network), link=link)
    try:
        style = make_style(account, FACTS[network], template)
        parts = compose_message(post, _KNOWN, style, CARD, occasion=NEW, site=SITE)
    except ConfigError as error:
        _judge_error(error, "templates/messages")
        return
    for part in parts:
        assert part.excess or FACTS[network].limits.fits(part.message.text, with_image=part.message.image is not None)
        assert len(part.message.text) <= 65_536


TEMPLATES = Target(
    name="templates",
    inputs=st.tuples(
        _templates, texts, st.sampled_from(sorted(FACTS)), st.sampled_from(("text", "card", "reply", "none"))
    ),
    open=plain(check_template),
    longest=5,
    memory=300,
)
