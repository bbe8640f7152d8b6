"""Share cards: words, a design, fonts and a picture's bytes in, a finished JPEG or PNG out. Pure, safe in threads.

design  = parse_design(rules, {name: toml}, logo=…)      once; the files are list_layout_names(rules)
content = make_content(post, site)
key     = card_key(content, design=…, fonts_digest=fonts.digest, picture=digest or "", size=(1200, 630))
drawing = draw_card(content, design=…, fonts=…, photo=bytes or None, size=(1200, 630))
paths   = card_paths(slug, drawing.data, drawing.media_type)
"""

from syndicate.cards.content import CardContent, make_content
from syndicate.cards.design import Design
from syndicate.cards.draw import Drawing, MissingGlyph, draw_card
from syndicate.cards.keys import card_key, card_paths
from syndicate.cards.parse import list_layout_names, parse_design

__all__ = [
    "CardContent",
    "Design",
    "Drawing",
    "MissingGlyph",
    "card_key",
    "card_paths",
    "draw_card",
    "list_layout_names",
    "make_content",
    "parse_design",
]
