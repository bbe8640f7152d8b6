"""Sets and draws text in any script, without system libraries.

```
fonts = syndicate.fonts.find_fonts(rules, root, text="")         the edge: once per process, handed around
syndicate.fonts.digest_fonts(rules, root) == fonts.digest        the same without loading a font, for cache keys

layout_text(text, *, fonts, family, weight=400, size_px, max_width, max_lines, language="", direction="auto",
            align="start", balance=True, line_height=1.2, tracking=0.0, features=None) -> TextBlock
fit_text(text, *, sizes, fonts, family, weight=400, max_width, max_lines, max_height=inf, language="",
         direction="auto", align="start", balance=True, line_height=1.2, tracking=0.0, features=None) -> TextBlock
draw_text(block, *, colour=(0, 0, 0, 255)) -> Drawn               mask: Mask | None, pictures: tuple[Picture, …]
```

`TextBlock`: lines, width (tight), height, ascent, descent, line_height, cap_height, size_px, direction ("ltr" or
"rtl"), is_truncated, tears_words, missing (cluster and the extra that brings a font for it). `Mask` and `Picture`:
image, left, top, the last two from the block's top left corner; a mask is an "L" image of opacity in the text's
colour, a picture an "RGBA" one over it. `FontSet.digest` belongs into cache keys.
`align` works inside the block (start, end, left, right, centre). All lengths in pixels, tracking in em.
"""

from syndicate.typeset.faces import Face, FontSet, Missing, make_face
from syndicate.typeset.paragraph import fit_text, layout_text
from syndicate.typeset.placing import Drawn, Line, Mask, Picture, TextBlock, draw_text
