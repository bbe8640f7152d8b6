"""Marks that only a site generator understands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.shortcodes import drop_mdx, drop_shortcodes


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('{{< figure src="/a b.png" alt="An [a]" >}}', ""),
        ('{{< figure src="/a.png" alt="An [a]" caption="Cap" >}}', "![An (a)](</a.png>)\n*Cap*"),
        ('{{< figure src="a.png" title="T" />}}', "![T](<a.png>)"),
        ("{{< youtube dQw4w9WgXcQ >}}", "<https://www.youtube.com/watch?v=dQw4w9WgXcQ>"),
        ('{{< youtube id="dQw4w9WgXcQ" >}}', "<https://www.youtube.com/watch?v=dQw4w9WgXcQ>"),
        ('{{< youtube "><script>" >}}', ""),
        ("{{< vimeo 12345 >}}", "<https://vimeo.com/12345>"),
        ("{{< gist ann 0f >}}", "<https://gist.github.com/ann/0f>"),
        ('{{< tweet user="ann" id="12" >}}', "<https://x.com/ann/status/12>"),
        ("{{% notice %}}inside{{% /notice %}}", "inside"),
        ("{{< unknown a=1 >}}", ""),
        ("{{</* figure x */>}}", "&#123;&#123;&lt; figure x &gt;&#125;&#125;"),
        ('[a]({{< relref "b.md" >}})', "[a]()"),
        ("{{< highlight go >}}x := 1{{< /highlight >}}", "\n```go\nx := 1\n```\n"),
        ("{% highlight ruby linenos %}\nputs 1\n{% endhighlight %}", "\n```ruby\nputs 1\n```\n"),
        ("{% comment %}hidden{% endcomment %}seen", "seen"),
        ("{% raw %}{{ x }}{% y %}{% endraw %}", "&#123;&#123; x }}&#123;% y %}"),
        ("{%- if page.a -%}kept{%- endif -%}", "kept"),
        ("{% include note.html %}", ""),
        ('{% include figure image_path="/b.jpg" alt="B" %}', "![B](</b.jpg>)"),
        ("{% embed https://x.example/1 %}", "<https://x.example/1>"),
        ("{% embed javascript:alert %}", ""),
        ("[a]({{ site.baseurl }}/b) ![c]({{ '/c.png' | relative_url }})", "[a](/b) ![c](/c.png)"),
        ("{{ page.title }} and {{ vue }}", "{{ page.title }} and {{ vue }}"),
        ("text\n{: .lead}", "text\n"),
        ("* TOC\n{:toc}", ""),
        ("[TOC]\n[[toc]]", "\n"),
        ("![a](b.png){.wide width=300}", "![a](b.png)"),
        ("f(x){y}", "f(x){y}"),
        ("::: tip\ninside\n:::", "\ninside\n"),
        ("no marks {at} all", "no marks {at} all"),
    ],
)
def test_marks_go_and_text_stays(written: str, left: str) -> None:
    """Each mark becomes what the module says."""
    assert drop_shortcodes(written) == left


@pytest.mark.parametrize("code", ["`{{< figure >}}`", "```\n{% raw %}\n{{ site.url }}\n```", "    {: .x}"])
def test_code_keeps_its_marks(code: str) -> None:
    """A post about a generator shows its marks."""
    assert drop_shortcodes(f"a\n\n{code}\n\nb {{{{< x >}}}}") == f"a\n\n{code}\n\nb "


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('import A from "a"\n\nText', "\n\nText"),
        ("import {\n  A,\n} from 'a'\n\nText", "\n\nText"),
        ("export const a = {\n  b: 1,\n}\n\nText", "\n\nText"),
        ("import the idea, export the rest", "import the idea, export the rest"),
        ("<A b={[1].map(x => x)} c='>' /> text", " text"),
        ("<A.B>in</A.B>", "in"),
        ("<>in</>", "in"),
        ("a {b.c} d {'e'} {/* f */}g", "a  d e g"),
        ('<img src={x} alt="y">', '<img src="" alt="y">'),
        ("<b>bold</b> a < b", "<b>bold</b> a < b"),
        ("an \\{escaped\\} brace and a { lone one", "an \\{escaped\\} brace and a { lone one"),
        ("`{code}` <https://x.example>", "`{code}` <https://x.example>"),
    ],
)
def test_javascript_goes_and_markdown_stays(written: str, left: str) -> None:
    """MDX becomes the Markdown that it encloses."""
    assert drop_mdx(written) == left


HOSTILE = st.text(alphabet="{}<>%/*:`\"' \n=.#[]()!aAxhighlightrawend", max_size=200)


@given(HOSTILE)
def test_any_text_is_taken(text: str) -> None:
    """Unbalanced and nested marks never raise."""
    assert isinstance(drop_shortcodes(text), str)
    assert isinstance(drop_mdx(text), str)
