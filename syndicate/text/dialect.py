"""The Markdown that posts are written in: CommonMark with what GitHub, Hugo and kramdown add to it."""

from __future__ import annotations

from typing import Final

from pyromark import Options

# Left out on purpose: smart punctuation (it would change the author's quotes), math (a feed reader shows no
# formulas, and "$5/$10" would become one), wikilinks, super- and subscript ("~" and "^" are common in prose).
DIALECT: Final = (
    Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_HEADING_ATTRIBUTES
    | Options.ENABLE_DEFINITION_LIST
    | Options.ENABLE_GFM
)
