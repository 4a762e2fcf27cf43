"""The gate for text that is shown: every sink of Markdown in ui/ and pages/, and what may be put into it.

A text that we wrote is a literal. Whatever is put into one, or shown by itself, is escaped (``plain``, ``code``), a
number with a format, or one of the expressions in ``sinks.txt``, each of which was looked at: it holds words of ours.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import plotly.graph_objects as go
import pytest

from ui.common.said import code, plain, without_links
from ui.runs.columns import Column

ROOT = Path(__file__).parents[2]
ALLOWED = Path(__file__).with_name("sinks.txt")
# Streamlit's elements that draw Markdown in their first text; ``label`` and ``help`` are Markdown in all of them.
BODIES = {"markdown", "error", "warning", "info", "success", "caption", "write", "toast", "title", "header",
          "subheader", "button", "popover", "expander", "checkbox", "toggle", "radio", "selectbox", "multiselect",
          "slider", "select_slider", "text_input", "text_area", "number_input", "file_uploader", "download_button",
          "page_link",
          "metric", "tabs", "status", "spinner", "pills", "segmented_control", "dialog", "link_button", "progress",
          "table", "latex", "badge", "html", "form_submit_button"}
NAMED = {"label", "help", "text", "body", "caption", "captions"}
CHOICES = {"radio", "pills", "segmented_control"}  # whose options are Markdown as well
PATHS = {"page_link"}  # whose first argument is no text
PICTURES = {"image"}  # a text there is an address that the browser asks for, or a drawing with all that it may hold
COLUMNS = "column_config"  # whose columns have a label and a help, often among arguments that several share
SAFE = {"plain", "code", "as_markdown", "len", "plural", "number", "seconds", "when", "duration", "badge", "percent",
        "numbered"}
FORMATS = set(",.0123456789%fgde")


def sinks(path: Path) -> Iterator[tuple[int, str]]:
    """Each expression that goes into Markdown and is neither written by us nor escaped, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for text in texts(node, node.func):
                for part in strange(text):
                    yield node.lineno, ast.unparse(part)


def texts(call: ast.Call, function: ast.Attribute) -> list[ast.expr]:
    """What a call hands over to be drawn; nothing where it draws nothing."""
    column = named(function.value) == COLUMNS
    if not (column or function.attr in BODIES | PICTURES):
        return []
    names: set[str | None] = {*NAMED, *(["format_func"] if function.attr in CHOICES else [None] if column else [])}
    return [*([] if function.attr in PATHS else call.args[:1]),
            *(word.value for word in call.keywords if word.arg in names)]  # without a name: **shared


def strange(node: ast.expr) -> Iterator[ast.expr]:
    """The parts of an expression that are not known to be harmless."""
    if isinstance(node, ast.Constant):
        return
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue) and not numeric(part):
                yield from strange(part.value)
    elif isinstance(node, ast.BinOp):
        yield from strange(node.left)
        yield from strange(node.right)
    elif isinstance(node, ast.IfExp):
        yield from strange(node.body)
        yield from strange(node.orelse)
    elif isinstance(node, ast.Lambda):
        yield from strange(node.body)
    elif isinstance(node, (ast.List, ast.Tuple)):
        for item in node.elts:
            yield from strange(item)
    elif not (isinstance(node, ast.Call) and named(node.func) in SAFE):
        yield node


def numeric(part: ast.FormattedValue) -> bool:
    """Whether a value is put in with a format that only numbers have."""
    written = "".join(str(piece.value) if isinstance(piece, ast.Constant) else "0"
                      for piece in getattr(part.format_spec, "values", ()))
    return bool(written) and set(written) <= FORMATS and (written[-1] in "fged%" or "," in written)


def named(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def found() -> list[str]:
    files = [*sorted((ROOT / "ui").rglob("*.py")), *sorted((ROOT / "pages").glob("*.py")), ROOT / "app.py"]
    return [f"{path.relative_to(ROOT)}: {text}" for path in files for _, text in sinks(path)]


def test_nothing_of_strangers_goes_into_markdown_as_it_is():
    """A new expression here: escape it, or, where it holds words of ours alone, add it to sinks.txt."""
    allowed = set(ALLOWED.read_text(encoding="utf-8").splitlines())
    assert sorted(set(found()) - allowed) == []
    assert sorted(allowed - set(found())) == [], "these are gone: take them out of sinks.txt"


def test_the_walk_finds_what_it_is_for(tmp_path):
    path = tmp_path / "page.py"
    path.write_text("""
st.error(str(error))
st.caption(f"{count:,} runs of {name}, {plain(title)}", help=run.reason)
column.markdown("ours" if x else run.notice)
st.selectbox("ours", names, format_func=lambda n: titles[n])
st.radio("ours", names, format_func=lambda n: titles[n])
st.page_link(shell.RUNS, label=text)
st.caption(f"{one:} {two:40} {three:.60} {four:.1f} {five:,.0f} {six:d}")
st.column_config.NumberColumn(f"{a}, nats", format=pattern, help=f"The loss of {b}, {plain(c)}.", **shared)
place.image(address, width=size, caption=under)
st.image("ours.png")
""")
    assert [text for _, text in sinks(path)] == ["str(error)", "name", "run.reason", "run.notice", "titles[n]", "text",
                                             "one", "two", "three", "a", "b", "shared", "address", "under"]


def test_the_help_of_a_column_of_runs_is_text():
    """A metric's or a parameter's help may come with somebody's component."""
    column = Column("ours", "ours", lambda run: 1, help="![x](http://a.b/c.png)")
    assert column.config()["help"] == plain(column.help) != column.help


def test_html_is_drawn_in_few_places_and_never_beside_markdown():
    sources = [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
    texts = {path: path.read_text(encoding="utf-8") for path in sources}
    assert [path.name for path, text in texts.items() if "unsafe_allow_html" in text or "components.v1" in text] == []
    templates = [path for path, text in texts.items() if "Environment(" in text]
    assert templates and all("autoescape=True" in texts[path] for path in templates)


# --- the gate -------------------------------------------------------------------------------


@pytest.mark.parametrize("text, shown", [
    ("![x](http://a.b/c.png)", "!\\[x\\](http\u2060://a.b/c.png)"),
    ("[x](javascript:alert(1))", "\\[x\\](javascript\u2060:alert(1))"),
    ("<img src=http://a.b/c>", "\\<img src=http\u2060://a.b/c>"),
    ("$x^2$ costs", "\\$x^2\\$ costs"), (":material/star: and :smile:", ":\u2060material/star: and :\u2060smile:"),
    (":red[x] *y* **z** ~~w~~", ":\u2060red\\[x\\] \\*y\\* \\*\\*z\\*\\* \\~\\~w\\~\\~"),
    ("# head", "\\# head"), ("- point", "\\- point"), ("1. point", "1\\. point"), ("> quote", "\\> quote"),
    ("a\n\n# b\x00c", "a # b c"), ("www.evil.de me@evil.de", "www\u2060.evil.de me@\u2060evil.de"),
    ("&lt;b&gt; a & b", "\\&lt;b\\&gt; a & b"), ("`x`", "\\`x\\`"), ("a\\b", "a\\\\b"),
    ("nabla_tau _emphasis_", "nabla_tau \\_emphasis\\_"), ("Seed 3: alpha 0.25 (loss), 10:30", None),
    ("'x' is not valid. Valid: a, b-c, 1.5.", None), ("forget-test gap |a - b|", None)])
def test_what_markdown_would_take_for_its_own(text, shown):
    assert plain(text) == (text if shown is None else shown)


def test_code_ends_where_it_ends():
    assert code("a `b` ![x](y)\nc") == "`a 'b' ![x](y) c`"


def test_charts_hold_no_links():
    figure = go.Figure(go.Scatter(x=[1], y=[2], text=["<a href='http://a.b'>x</a> <b>y</b> <A\nhref=c>"]))
    text = json.loads(without_links(figure.to_json()))["data"][0]["text"][0]
    assert text == "&lt;a href='http://a.b'>x</a> <b>y</b> &lt;A\nhref=c>"
