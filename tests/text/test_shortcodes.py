"""Marks that only a site generator understands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.dialects import drop_mdx, is_mdx
from syndicate.text.generator_code import MARK, GeneratorCode
from syndicate.text.markdown import put_back, set_apart
from syndicate.text.shortcodes import drop_shortcodes, render_tags, show_code_in_html


def know() -> GeneratorCode:
    """A post and a site of which something is known."""
    page = {
        "version": "4.2", "when": "2026-11-28", "itself": "{{ page.itself }}", "list": [{"name": "a"}],
        "home": "https://a.example/",
    }  # fmt: skip
    return GeneratorCode(page, {"title": "Notes", "url": "https://notes.example", "baseurl": ""})


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('{{< figure src="/a b.png" alt="An [a]" >}}', "▢"),
        ('{{< figure src="/a.png" alt="An [a]" caption="Cap" >}}', "![An (a)](</a.png>)\n*Cap*"),
        ('{{< figure src="a.png" title="T" />}}', "![T](<a.png>)"),
        ("{{< youtube dQw4w9WgXcQ >}}", "<https://www.youtube.com/watch?v=dQw4w9WgXcQ>"),
        ('{{< youtube id="dQw4w9WgXcQ" >}}', "<https://www.youtube.com/watch?v=dQw4w9WgXcQ>"),
        ('{{< youtube "><script>" >}}', "▢"),
        ("{{< vimeo 12345 >}}", "<https://vimeo.com/12345>"),
        ("{{< gist ann 0f >}}", "<https://gist.github.com/ann/0f>"),
        ('{{< tweet user="ann" id="12" >}}', "<https://x.com/ann/status/12>"),
        ("{{% notice %}}inside{{% /notice %}}", "inside"),
        ("{{< unknown a=1 >}}", "▢"),
        ("never closed {{ page.version\nand {% include a.html\nmore", "never closed ▢\nand ▢\nmore"),
        ("{{</* figure x */>}}", "&#123;&#123;&lt; figure x &gt;&#125;&#125;"),
        ('[a]({{< relref "b.md" >}})', "[a]()"),
        ("{{< highlight go >}}x := 1{{< /highlight >}}", "\n```go\nx := 1\n```\n"),
        ("{% highlight ruby linenos %}\nputs 1\n{% endhighlight %}", "\n```ruby\nputs 1\n```\n"),
        ("{% comment %}hidden{% endcomment %}seen", "seen"),
        ("{% raw %}{{ x }}{% y %}{% endraw %}", "&#123;&#123; x }}&#123;% y %}"),
        ("{%- if page.version -%}kept{%- else -%}not{%- endif -%}", "kept"),
        ("{% if page.a %}not{% elsif page.version == '4.2' %}kept{% endif %}", "kept"),
        ("{% unless page.a %}kept{% endunless %}{% if who.knows %}first{% else %}second{% endif %}", "keptfirst"),
        ("{% for post in site.posts %}{{ post.title }}{% endfor %} and on", "▢ and on"),
        ("{% assign v = page.version | append: '.1' %}{{ v }}", "4.2.1"),
        ("{% capture v %}a{{ page.version }}{% endcapture %}{{ v | upcase }}", "A4.2"),
        ("{% include note.html %}", "▢"),
        ('{% include figure image_path="/b.jpg" alt="B" %}', "![B](</b.jpg>)"),
        ("{% embed https://x.example/1 %}", "<https://x.example/1>"),
        ("{% embed javascript:alert %}", "▢"),
        ("[a]({{ site.baseurl }}/b) ![c]({{ '/c.png' | relative_url }})", "[a](/b) ![c](/c.png)"),
        ("{{ page.title }} and {{ vue }}", "▢ and ▢"),
        (
            "Ruby {{ page.version }}, {{ version }}, {{< param version >}}, {{ .Params.version }}",
            "Ruby 4.2, 4.2, 4.2, 4.2",
        ),
        ("{{ site.title | upcase }} of {{ page.when | date: '%Y' }}", "NOTES of 2026"),
        ("{{ page.itself }}{{ page.list.first.name }}{{ page.none | default: 'd' }}", "▢ad"),
        ('{{ site.data.releases | where: "v", page.version | first }}', "▢"),
        ("<{{ page.home }}> <{{ page.none }}>", "<https://a.example/> ▢"),
        ("text\n{: .lead}", "text\n"),
        ('text{: .icon\nwidth="70"}', "text"),
        ("<!-- {{ hidden }} -->seen", "seen"),
        ("* TOC\n{:toc}", ""),
        ("[TOC]\n[[toc]]", "\n"),
        ("![a](b.png){.wide width=300}", "![a](b.png)"),
        ("f(x){y}", "f(x){y}"),
        ('{{ two(light_src="a.png", dark_src="b.png", alt="A") }}', "![A](<a.png>)"),
        ("{{< zoom src=a.png >}} {{< part from=a.png >}}", "![](<a.png>) ▢"),
        ('{{ note(kind="x", text="All that you *read* is one sentence.") }}', "All that you *read* is one sentence."),
        ('{{ button(text="Buy it") }} {{ none() }}', "▢ ▢"),
        (f'a {{{{ note(text="{"Long. " * 500}") }}}} b', f"a {'Long. ' * 500} b"),
        ("::: tip\ninside\n:::", "\ninside\n"),
        ("no marks {at} all", "no marks {at} all"),
    ],
)
def test_marks_go_and_text_stays(written: str, left: str) -> None:
    """Each mark becomes what the module says."""
    assert drop_shortcodes(written, know()).replace(MARK, "▢") == left


@pytest.mark.parametrize("code", ["`{{< figure >}}`", "```\n{% raw %}\n{{ site.url }}\n```", "    {: .x}"])
def test_code_keeps_its_marks(code: str) -> None:
    """A post about a generator shows its marks."""
    assert drop_shortcodes(f"a\n\n{code}\n\nb {{{{< x >}}}}") == f"a\n\n{code}\n\nb {MARK}"


def test_liquid_around_code_goes_where_the_generator_takes_it_away() -> None:
    """`raw` is written for Jekyll, around code and in it; elsewhere it is code."""
    code = "```\n{% raw %}{{ x }}{% endraw %}\n```"
    assert drop_shortcodes(code, is_liquid=True) == "```\n{{ x }}\n```"
    assert drop_shortcodes(code) == code
    highlighted = "{% highlight html %}{% raw %}{{ x }}{% endraw %}{% endhighlight %}"
    assert drop_shortcodes(highlighted) == "\n```html\n{{ x }}\n```\n"


def test_what_is_left_out_is_noted() -> None:
    """A piece that would have shown something is missed; what stood around other text is not."""
    code = know()
    drop_shortcodes('{{< note >}}a{{< /note >}} {% include "b.html" %} {{ none }}', code)
    drop_mdx("<Box>in</Box> <Tweet id={1} /> {a.b()} {frontMatter.version} {/* c */}", code)
    assert code.pieces == [
        ("{{< note >}}", False), ('{% include "b.html" %}', True), ("{{ none }}", True),
        ("{a.b()}", True), ("<Box …>", False), ("<Tweet …>", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('import A from "a"\n\nText', "\n\nText"),
        ("import {\n  A,\n} from 'a'\n\nText", "\n\nText"),
        ("export const a = {\n  b: 1,\n}\n\nText", "\n\nText"),
        ("import the idea, export the rest", "import the idea, export the rest"),
        ("<A b={[1].map(x => x)} c='>' /> text", "▢ text"),
        ('<Image src="/a.png" alt="A" /> {frontMatter.version} ## T {#id}', "![A](</a.png>) 4.2 ## T {#id}"),
        ("<A.B>in</A.B>", "in"),
        (
            '<code style={{a: "b"}}>\n<span style={{c}}># d</span>{" "}\n</code>',
            '<code style="">\n<span style=""># d</span> \n</code>',
        ),
        ("<pre>{`a {b}\n<c> \\``}</pre> {'<'} {`${x}`}", "<pre>a &#123;b}\n&lt;c&gt; `</pre> &lt; ▢"),
        ("<>in</>", "in"),
        ("a {b.c} d {'e'} {/* f */}g", "a ▢ d e g"),
        ('<img src={x} alt="y">', '<img src="" alt="y">'),
        ("<b>bold</b> a < b", "<b>bold</b> a < b"),
        ("<script>\n  import A from 'a'\n\n  let b = `{c}`\n</script>\n\na {#if b}c{/if} <A {b} />", "\n\na ▢c▢ ▢"),
        ("an \\{escaped\\} brace and a { lone one", "an \\{escaped\\} brace and a { lone one"),
        ("`{code}` <https://x.example>", "`{code}` <https://x.example>"),
        ("  <Tab>\n    ```\n    { a\n      b }\n    ```\n  </Tab>", "\n\n\n```\n{ a\n  b }\n```\n\n\n"),
        ("1. a\n\n    ```\n    {b}\n    ```", "1. a\n\n    ```\n    {b}\n    ```"),
        ("<Tab>\n```js\n{ a: <Tab> }\n```\n</Tab>", "\n\n\n```js\n{ a: <Tab> }\n```\n\n\n"),
    ],
)
def test_javascript_goes_and_markdown_stays(written: str, left: str) -> None:
    """MDX becomes the Markdown that it encloses."""
    assert drop_mdx(written, know()).replace(MARK, "▢") == left


@pytest.mark.parametrize(
    ("written", "is_so"),
    [
        ("import Tabs from '@theme/Tabs';\n\nText", True),
        ("<span style={{color: 'red'}}>x</span>", True),
        ("<img src={picture} />", True),
        ("<code style={{a: 'b'}}>x</code>", True),
        ("<pre>\n<A b={c} />\nimport d from 'e'\n</pre>", False),
        ("`<img src={picture} />` and ```import a from 'b'```", False),
        ("<img src={{ site.baseurl }}/a.png>", False),
        ("<a href={{ page.url }}>x</a> {% include a.html %} <b style={c}>", False),
        ("import the idea from everywhere, and x={y}", False),
        ("<script>\n  import A from 'a'\n</script>", True),
        ('<script type="module">\n  import A from "a"\n</script>', False),
    ],
)
def test_a_markdown_file_may_be_mdx_all_the_same(written: str, is_so: bool) -> None:
    """By an import or an attribute in braces outside code; Liquid in an attribute is none."""
    assert is_mdx(written) is is_so


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("$a_b$ and $5/$10 and $x^2$", ["$a_b$", "$x^2$"]),
        ("costs $5_a and $6_b", []),
        ("$$\na_1 = *b*\n\nc\n$$", ["$$\na_1 = *b*\n\nc\n$$"]),
        (r"\(x^2\) \[not a\] \[a_b=c\] \\(y_1\\)", [r"\(x^2\)", r"\[a_b=c\]", r"\\(y_1\\)"]),
        ("a $$ | b\n\n## c\n\n$$d_1 = 2$$", ["$$d_1 = 2$$"]),
        ("`$a_b$` $HOME_X and $FOO_Y end", []),
        (r"[a\[1\]](b_c)", []),
        (r'\[caption id="a\_1" width="3"\] \[a = "b"\]', [r'\[a = "b"\]']),
    ],
)
def test_formulas_are_told_from_money_and_brackets(written: str, kept: list[str]) -> None:
    """They come back as they stood."""
    text, formulas = set_apart(written)
    assert (formulas, put_back(text, formulas)) == (kept, written)


HOSTILE = st.text(alphabet="{}<>%/*:$\\|=`\"' \n=.#[]()!aAxhighlightrawend", max_size=200)


@given(HOSTILE)
def test_any_text_is_taken(text: str) -> None:
    """Unbalanced and nested marks never raise."""
    assert isinstance(drop_shortcodes(text), str)
    assert isinstance(drop_mdx(text), str)
    assert put_back(*set_apart(text)) == text
    assert isinstance(render_tags(text, GeneratorCode(), lambda _inside, _written: None), str)


def test_a_comment_leaves_the_html_around_it_whole() -> None:
    """An empty line would end a table in the middle, and its rest would be code."""
    table = "<table>\n    <!-- {{ old }} -->\n    <tr></tr>\n</table>"
    assert drop_shortcodes(table) == table.replace("<!-- {{ old }} -->", "<!---->")
    assert (
        drop_shortcodes("<ul>\n{# <li>\nold</li> #}\n  <li>a</li>\n</ul> {{< x >}}")
        == f"<ul>\n  <li>a</li>\n</ul> {MARK}"
    )
    assert drop_shortcodes("a <!-- b --> c\n\n<!-- {{ d }} -->\n\ne <!-- more --> <!-- f") == (
        "a  c\n\n\n\ne <!-- more --> <!-- f"
    )


def test_highlighted_code_in_html_is_an_element() -> None:
    """No fence of Markdown, and what it shows is no markup of the page."""
    written = '<p>a</p>\n{% highlight "html" %}\n<h1>{{ title }}</h1>\n{% endhighlight %}\n<p>b</p>'
    shown = "<p>a</p>\n<pre><code>&lt;h1&gt;{{ title }}&lt;/h1&gt;</code></pre>\n<p>b</p>"
    assert drop_shortcodes(show_code_in_html(written)) == shown


@pytest.mark.parametrize(
    ("page", "unit"),
    [
        ({"x": "a" * 9_000}, "{{ page.x }} "),
        ({"x": "a" * 9_000}, '{{ page.x | replace: "a", page.x }} '),
        ({"x": "a" * 9_000}, '{{ page.x | split: "" | join: page.x }} '),
        ({f"k{n}": "a" for n in range(20_000)}, "{{ page.unknown }} "),
        ({"x": ["a"] * 20_000}, '{% if page.x contains "b" %}a{% endif %} '),
        ({}, "{% if" + " " * 990 + "a %}{% endif %} "),
    ],
)
def test_values_cost_no_more_than_a_post_may(page: dict[str, object], unit: str) -> None:
    """A few letters name a long text or list: thousands of such expressions filled memory, or took hours."""
    assert len(drop_shortcodes(unit * 1_000, GeneratorCode(page))) < 600_000


@pytest.mark.parametrize(
    ("condition", "holds"),
    [("  page.version == '4.2' ", True), ("page.version=='4'", False), ("page.list contains", None), ("==", None)],
)
def test_conditions_are_divided_at_their_sign(condition: str, holds: bool | None) -> None:
    """With or without gaps; of one that cannot be told the first branch stays."""
    shown = drop_shortcodes(f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}", know())
    assert shown == ("no" if holds is False else "yes")
