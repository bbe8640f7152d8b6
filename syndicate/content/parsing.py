"""One file's text to one Post. Nothing here raises but ContentError, and that means: this post cannot stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b, sha256

import orjson

from syndicate.content import SiteData
from syndicate.content.body import (
    drop_lead,
    drop_opening,
    finish_body,
    finish_markdown,
    first_heading,
    mend_body,
    note_pieces,
    read_body,
    read_teaser,
    read_words,
    ready_body,
    render_body,
)
from syndicate.content.declared import (
    Translation,
    choose_language,
    find_unclear_share,
    guess_name,
    localise,
    localise_declared,
    name_group,
    read_authors,
    read_categories,
    read_keywords,
    read_social,
    read_translation,
)
from syndicate.content.fields import Fields, simplify
from syndicate.content.front import find_conflict, parse_front, parse_values, quote_colons
from syndicate.content.permalinks import (
    Named,
    absolute_permalink,
    fill_permalink,
    is_http,
    list_sections,
    make_permalink,
    make_slug,
    translate,
    undated,
)
from syndicate.content.picture import Place, read_media, read_picture, show_words_for_unserved
from syndicate.content.post_dates import History, find_address_date, read_published, read_updated
from syndicate.content.reading import Served
from syndicate.errors import ContentError
from syndicate.model import LeftOut, Post, Problem, Settings, make_sketch
from syndicate.text import is_blank, one_line
from syndicate.text.generator_code import MARK, FindPage, Piece, drop_marks, find_no_page
from syndicate.text.plain import first_paragraph, line_to_plain, list_code, shorten
from syndicate.text.repair import drop_label_paragraph

# --- digests of a post: of what its author wrote, and of what a reader sees ---


def digest_body(body: str) -> str:
    """The source digest: of the body as written, whatever becomes of it. Space around it is not part of it."""
    return blake2b(body.strip().encode("utf-8", "replace"), digest_size=16).hexdigest()


def digest_of(post: Post, summary: str, html: str, site_url: str) -> str:
    """SHA-256 (hex) of a post with these texts. Its address and the site's are left out: a moved site changes none."""
    picture = post.picture
    seen = [
        post.title,
        summary,
        html,
        [[author.name, author.url, author.email] for author in post.authors],
        [[category.name, category.type] for category in post.categories],
        post.keywords,
        post.language,
        post.external_url,
        post.generated_by,
        [picture.url, picture.alt, picture.credit.text, picture.credit.url] if picture and picture.credit
        else [picture.url, picture.alt] if picture else [],
    ]  # fmt: skip
    seen += [[[one.url, one.media_type, str(one.length), one.title] for one in post.media]] if post.media else []
    seen += [[one.avatar for one in post.authors]] if any(one.avatar for one in post.authors) else []
    seen += [["note"]] if post.note else []
    data = orjson.dumps(seen).replace(post.permalink.encode(), b"\0p").replace(site_url.encode(), b"\0s")
    return sha256(data).hexdigest()


# --- the one or two sentences that stand for a post ---

DECLARED = 600
DERIVED = 300
"""Characters: what the author wrote as summary may be longer than what we cut from the body."""
_CUT = ("…", "...")


def choose_summary(excerpt: str, description: str, html: str, words: str = "") -> str:
    """The excerpt, else the description, else how a note's words begin, or the first paragraph.

    An excerpt that is only the cut beginning of the description gives way to it.
    """
    declared = [text for text in (excerpt, description) if text]
    if len(declared) == 2 and _is_start(excerpt, description):
        declared = [description]
    if declared:
        return shorten(declared[0], DECLARED)
    return shorten(one_line(words) or first_paragraph(html), DERIVED)


def _is_start(cut: str, whole: str) -> bool:
    """Whether one text is the other, cut with "…" ("even our understanding of intelli...")."""
    beginning = cut.rstrip(".…").rstrip()
    return cut.endswith(_CUT) and len(whole) > len(beginning) and whole.startswith(beginning)


_GHOST = re.compile(r"""(?<=[\s("'<=])__GHOST_URL__(?=/)""")
"""What Ghost's exports write for the site's address."""
MAX_TITLE = 1_000
"""Characters."""
NAME, NOTE = 80, 1_000
"""Characters: how much of a note is its name, and of what length it is said whole; of a longer one, the beginning."""


def parse_post(  # noqa: PLR0917 - a file, and what it is read with
    text: str,
    source: str,
    file: str,
    settings: Settings,
    history: History | None = None,
    data: Mapping[str, object] | None = None,
    *,
    served: Served | None = None,
    values: str = "",
    find_page: FindPage | None = find_no_page,
) -> Post:
    """The post in a file's text. Raises ContentError with line and key where it cannot be published.

    `values` is front matter from a file beside it; what the post itself says counts. `find_page` knows the addresses of
    other posts; None where nobody wants the body.
    """
    if line := find_conflict(text):
        hint = "keep one of the two texts, and none of the three marks"
        raise ContentError("a merge conflict is not resolved", where=source, line=line, hint=hint)
    if "__GHOST_URL__" in text:  # to look for letters alone takes a hundredth of the time
        text = _GHOST.sub(settings.site.url, text)
    front = parse_front(quote_colons(text) if settings.site.habits.takes_any_line else text, source)
    if values:
        more = {key: value for key, value in parse_front(values, source).values.items() if key not in front.values}
        front = replace(front, values={**front.values, **more}, is_there=True)
    if not front.is_there:
        hint = "let it begin with ---, title: and --- to publish it, or name it under [content] ignore"
        raise ContentError("the file has no front matter, so it is not a post", where=source, line=1, hint=hint)
    fields = Fields(front, settings.content, source, SiteData(settings) if data is None else data)
    try:
        history = history or History(f"{settings.root}/{settings.site.content}")
        return _Parser(fields, settings, file, history, served).parse(find_page)
    except ContentError as error:
        line = error.line or fields.line(error.key)
        raise type(error)(error.message, where=source, line=line, key=error.key, hint=error.hint) from error


def read_moment(  # noqa: PLR0917 - as above
    text: str, source: str, settings: Settings, history: History, data: Mapping[str, object], now: datetime
) -> datetime | None:
    """When the post was published, as its front matter alone tells: now where it does not say, None for a draft."""
    front = parse_values(quote_colons(text) if settings.site.habits.takes_any_line else text, source)
    fields = Fields(front, settings.content, source, data)
    return None if fields.is_draft() or not front.is_there else read_published(fields, settings, history) or now


@dataclass(frozen=True, slots=True)
class _Parser:
    fields: Fields
    settings: Settings
    file: str
    history: History
    served: Served | None = None

    def parse(self, find_page: FindPage | None) -> Post:
        fields, site = self.fields, self.settings.site
        markdown = mend_body(fields)
        title, words = self._title(markdown), ""
        published_at = read_published(fields, self.settings, self.history)
        if not title:
            words = self._words(markdown, published_at)
        categories = read_categories(fields)
        found = read_translation(fields.source, self.settings)
        language = choose_language(fields, found, site)
        slug = make_slug(fields.verbatim("slug"), found.source, title)
        authors = read_authors(fields, site.authors)
        named = Named(
            fields.source if found.is_folder else found.source,
            slug,
            declared=fields.verbatim("slug"),
            title=title,
            dated_at=find_address_date(fields, self.settings, self.history, published_at),
            categories=[category.name for category in categories],
            language=language or site.language,
            author=authors[0].name if authors else "",
            sections=list_sections(self.settings, fields.source),
        )
        rule = self._permalink(named, found)
        permalink = self.served.address if self.served and self.served.rule == rule else rule
        picture = read_picture(fields, Place(self.settings, permalink, fields.source, self.file))
        post = Post(
            source=fields.source,
            slug=slug,
            title=title or shorten(one_line(drop_marks(words)), NAME),
            note=drop_marks(words if len(words) <= NOTE else shorten(words, DERIVED)),
            title_code=list_code(fields.text("title")),
            permalink=permalink,
            by_rule=rule if rule != permalink else "",
            published_at=published_at,
            updated_at=read_updated(fields, self.settings, self.history),
            authors=authors,
            language=language,
            group=name_group(fields, found, site),
            categories=categories,
            keywords=read_keywords(fields, self.settings.site.habits),
            picture=picture,
            media=read_media(fields, Place(self.settings, permalink, fields.source, self.file)),
            flags=fields.flags(),
            is_draft=fields.is_draft(),
            status=fields.text("status"),
            social_share=fields.unlabelled("socialShare"),
            social=read_social(fields),
            declared_id=fields.verbatim("id"),
            external_url=fields.external_url(),
            reading_minutes=fields.reading_minutes(),
            generated_by=fields.generated_by(),
            syndication=tuple(url for url in fields.texts("syndication") if is_http(url)),
            source_digest=digest_body(fields.front.body),
            fields_digest=fields.digest(),
            sketch=make_sketch(fields.front.body),
        )
        return self._with_body(post, markdown, find_page, words) if find_page else post

    def _with_body(self, post: Post, markdown: str, find_page: FindPage, words: str) -> Post:
        """The post whole. Summary and body depend on each other: a label paragraph may repeat the excerpt."""
        fields = self.fields
        excerpt = fields.declared("excerpt")
        description = fields.declared("metaDescription")
        markdown = drop_opening(markdown, post.title, fields, (excerpt, description))
        code = replace(fields.know_values(), find_page=find_page)
        ready = ready_body(markdown, post.source, code)
        built = self._built_body(post)
        html = drop_lead(built or render_body(ready, post.source, post.permalink), post.picture)
        html = show_words_for_unserved(html, markdown, Place(self.settings, post.permalink, post.source, self.file))
        excerpt = excerpt or read_teaser(markdown, post.source, post.permalink, fields.know_values())
        summary, length = choose_summary(excerpt, description, html, words), len(markdown.strip())
        pieces = () if built else tuple(code.pieces)
        note_pieces(fields, pieces)
        left_out = self._left_out(summary + words, pieces)
        fields.warn_of_words(self.settings.feeds.flags)
        html, summary = finish_body(html), one_line(drop_marks(summary))
        return replace(
            post,
            markdown=finish_markdown(ready),
            html=html,
            summary=summary,
            length=length,
            left_out=left_out,
            digest=digest_of(post, summary, html, self.settings.site.url),
            repairs=tuple(sorted(fields.repairs, key=lambda repair: repair.line)),
            problems=tuple(sorted(fields.problems, key=lambda problem: problem.line)),
        )

    def _left_out(self, said: str, pieces: Sequence[Piece]) -> tuple[LeftOut, ...]:
        """What is missing in the texts of messages; a warning tells where."""
        fields = self.fields
        keys = {name: fields.find(name)[0] for name in ("title", "excerpt", "metaDescription", "socialShare")}
        places = {name: fields.left_out.get(key or name, "") for name, key in keys.items()}
        missed = next((piece.text for piece in pieces if piece.is_missed), "")
        if missed and MARK in said:
            line = next((one.line for one in fields.repairs if (one.kind, one.before) == ("code", missed)), 0)
            places["excerpt"] = f"{fields.source}:{line}, summary: {missed}"
        found = {
            "title": places["title"],
            "summary": places["excerpt"] or places["metaDescription"],
            "socialShare": places["socialShare"],
        }
        for part, place in found.items():
            if place:
                hint = "its messages wait: write it out, or put it in `code` if readers shall see it"
                where, _, code = place.partition(": ")
                digits = where.partition(", ")[0].removeprefix(f"{fields.source}:")
                key, words = keys.get(part, "") or part, f"code of the generator is left out of the {part}: {code}"
                number = int(digits) if digits.isdecimal() else 0
                fields.problems.append(Problem(fields.source, words, number, key, hint))
        found["wish"] = find_unclear_share(fields)
        return tuple(LeftOut(part, place) for part, place in found.items() if place)

    def _built_body(self, post: Post) -> str:
        """The body as the built page shows it, "" where ours is wanted or the page has none."""
        if not (self.served and self.served.page):
            return ""
        return read_body(self.served.page, self.settings.content.body, post.title, post.permalink)

    def _title(self, markdown: str) -> str:
        title = line_to_plain(self.fields.text("title"))
        if is_blank(title):
            title = first_heading(markdown, lambda heading: self.fields.mend(heading, "title"))
        if is_blank(title) and self.settings.site.habits.titles_by_file:
            title = " ".join(word.capitalize() for word in undated(self.fields.source).split("-") if word)
            if self.fields.values.get("title") == "" or not re.search(r"[^\W\d_]", title):  # a note, or its number
                title = ""
        return "" if is_blank(title) else self.fields.check_length(title, "title", MAX_TITLE)

    def _words(self, markdown: str, published_at: datetime | None) -> str:
        """What a post without a title says: a note. Raises ContentError where it has no date or says nothing."""
        fields = self.fields
        markdown = drop_label_paragraph(markdown, fields.rules.labels, ())[0] if published_at else ""
        words = read_words(markdown, fields.source, self.settings.site.url, fields.know_values())
        misspelt = next((key for key in fields.values if guess_name(simplify(key)) == "title"), "")
        if misspelt or is_blank(drop_marks(words)):
            hint = "add title: to its front matter, or, for a note, date: and some words"
            hint = f'"{misspelt}" is no field of ours; did you mean "title"?' if misspelt else hint
            raise ContentError("the post has no title", key="title", line=1, hint=hint)
        return words

    def _permalink(self, named: Named, found: Translation) -> str:
        site, (key, value) = self.settings.site, self.fields.find("permalink")
        written = value.strip() if isinstance(value, str) else ""
        closing = "/" if simplify(key) == "url" or site.habits.closes_paths == "directories" else ""
        if site.habits.closes_paths == "all" and written:
            written = f"{written.rstrip('/')}/"
        declared = absolute_permalink(site, written, closing=closing) if written else ""
        if declared and "://" not in written:
            declared = localise_declared(site, found, named.language, declared, is_relative=written[0] != "/")
        pattern = "" if declared or not written else translate(written, site.generator)
        pattern += closing if pattern and "." not in pattern and not pattern.endswith("/") else ""
        if value and not (declared or pattern or self.served):
            said = f'"{key}" is not a plain path or address, so the pattern of the site is used'
            self.fields.warn(key, said, "write it out, or let your built site tell it: [site] built")
        if declared or pattern:
            return declared or fill_permalink(site, named, pattern)
        address = make_permalink(site, named)
        has_own = any(named.source.startswith(f"{folder}/") for folder in site.permalinks)
        return address if has_own and found.is_folder else localise(site, found, address)
