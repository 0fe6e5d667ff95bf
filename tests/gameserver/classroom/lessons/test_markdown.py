"""Tests of Markdown: that of the lessons becomes safe HTML, and other parts of the language are refused."""

from __future__ import annotations

import pytest

from gameserver.classroom.lessons.markdown import render


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("# One `two`", "<h1>One <code>two</code></h1>"),
        ("### Three", "<h3>Three</h3>"),
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("a **b** *c* [d `e`](/f)", '<p>a <strong>b</strong> <em>c</em> <a href="/f">d <code>e</code></a></p>'),
        ("a [link over\nlines](/x)", '<p>a <a href="/x">link over lines</a></p>'),
        ("- a\n- b\n  c", "<ul>\n<li>a</li>\n<li>b c</li>\n</ul>"),
        ("1. a\n2. b\n   c", "<ol>\n<li>a</li>\n<li>b c</li>\n</ol>"),
        (
            "|a|b|\n|-|-|\n| c | `d` |",
            "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>c</td><td><code>d</code></td></tr>\n</table>",
        ),
        ("> a\n> b", "<blockquote><p>a b</p></blockquote>"),
        ("```sh\na <b>\n\n# c\n```", "<pre><code>a &lt;b&gt;\n\n# c</code></pre>"),
        ("<!-- a comment -->", ""),
        (
            "<details>\n<summary>a `b`</summary>\n\nc\n\n- d\n</details>\nafter",
            "<details><summary>a <code>b</code></summary>\n<p>c</p>\n<ul>\n<li>d</li>\n</ul>\n</details>\n<p>after</p>",
        ),
        ('a & b > c "d" [...] snake_case 1.5', '<p>a &amp; b &gt; c "d" [...] snake_case 1.5</p>'),
        ("`<script>`", "<p><code>&lt;script&gt;</code></p>"),
    ],
)
def test_the_markdown_of_the_lessons_is_rendered(text: str, made: str) -> None:
    assert render(text) == made


def test_a_target_can_be_changed() -> None:
    assert render("[a](b.md)", lambda target: f"/x/{target}") == '<p><a href="/x/b.md">a</a></p>'


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b>",
        "a <script>alert(1)</script>",
        "a <!-- b --> c",
        "<div>",
        "<details open>",
        "<details>\nno summary\n</details>",
        "<details>\n<summary>a</summary>\nno end",
        "</details>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](../up.md)",
        "![picture](a.png)",
        '[a](b "title")',
        "* star",
        "+ plus",
        "- a\n  - nested",
        "1) bracket",
        "    indented code",
        "#### four",
        "#no space",
        "Title\n=====",
        "---",
        "a *b",
        "a **b",
        "a `b",
        "a \\* b",
        "_emphasis_",
        "```\nno end",
        "|a|b|\n|c|d|",
        "|a|b|\n|-|-|\n|c|",
        "| just one line |",
    ],
)
def test_markdown_that_the_lessons_do_not_use_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^line \d+: "):
        render(text)


def test_the_line_is_the_right_one() -> None:
    with pytest.raises(ValueError, match=r"^line 5: "):
        render("# a\n\nb\n\n<hr>")
