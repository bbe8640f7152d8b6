"""Share cards: words, a design, fonts and a picture's bytes in, a finished JPEG or PNG out. Pure, safe in threads.

Light, for deciding whether anything must be drawn (this package):

    content = make_content(post, site)
    design  = digest_design(rules, {name: toml}, logo)      the files are list_layout_names(rules)
    key     = card_key(content, design_digest=…, fonts_digest=fonts.digest, picture=digest or "", size=(1200, 630))
    paths   = card_paths(slug, drawing.data, drawing.media_type)

Heavy, imported only when something is drawn (Pillow and HarfBuzz take a fifth of a second to load):

    syndicate.cards.parse.parse_design(rules, {name: toml}, logo=bytes) → Design              once
    syndicate.cards.draw.draw_card(content, design=…, fonts=…, photo=bytes or None, size=…) → Drawing
    syndicate.cards.check.check_drawing(content, drawing, rules) → Problems, for `cards --check`
    syndicate.cards.check.render_sheet(cards, template) → bytes, for `cards --sheet`
"""

from syndicate.cards.content import (
    ONLY_JPEG,
    CardContent,
    card_key,
    card_paths,
    digest_design,
    list_layout_names,
    make_content,
    path_by_digest,
)

__all__ = [
    "ONLY_JPEG",
    "CardContent",
    "card_key",
    "card_paths",
    "digest_design",
    "list_layout_names",
    "make_content",
    "path_by_digest",
]
