"""Lines of a formula: that they fit a page, that a line's end loses nothing, and that a short formula stays short."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from latex_readers import require_pdflatex_reads
from learning_diagrams import regimes
from learning_diagrams.regimes.catalogue import NAMES
from learning_diagrams.semantics.program.latex.lines import PAGE, Line, aligned
from learning_diagrams.semantics.program.latex.symbols import width

# A part that cannot be broken is wider than its page less its remarks; elsewhere a formula fits.
TOO_WIDE = {"dino", "wgan_gp"}
words = st.text("abc", min_size=1, max_size=12)
summands = st.lists(st.tuples(words, words.map(" - {}".format)), max_size=8)


def test_the_formulas_of_the_regimes_fit_a_page(tmp_path):
    body = [rf"\typeout{{regime {name}.}}\[{ld.formula(getattr(regimes, name)())}\]" for name in NAMES]
    log = require_pdflatex_reads("\n".join(body), tmp_path)
    blocks = re.findall(r"regime (\w+)\.(.*?)(?=regime |\Z)", log, re.S)
    assert [name for name, _ in blocks] == list(NAMES)
    assert {name for name, block in blocks if "Overfull" in block} <= TOO_WIDE


def test_a_long_remark_stands_below_itself_where_lines_are_narrow():
    assert aligned([Line("", "x" * 40, (), ["street is unknown", "in nats"])]).splitlines()[1:-1] == [
        rf"& {'x' * 40} && \text{{street is unknown,}} \\",
        r"& && \text{in nats}",
    ]


def test_the_indent_of_a_further_line_counts():
    third = (PAGE - 1 - len("r")) // 3
    rows = aligned([Line("", "r", [("x" * third, "")] * 6)]).splitlines()[1:-1]
    assert [row.count("x") // third for row in rows] == [3, 2, 1]


@given(st.lists(st.tuples(summands, st.lists(words, max_size=3)), min_size=1, max_size=4))
def test_a_line_ends_between_parts_and_loses_none(statements):
    lines = [Line("={}" if i == 0 else "{}+{}", "r", pieces, remarks) for i, (pieces, remarks) in enumerate(statements)]
    rows = aligned(lines).splitlines()[1:-1]
    rights = [row.removesuffix(r" \\").partition("& ")[2].partition("&& ")[0].strip() for row in rows]
    expected = ["r" + "".join(map("".join, pieces)) for pieces, _ in statements]
    assert "".join(rights).replace(r"\qquad", "").replace(" ", "") == "".join(expected).replace(" ", "")
    said = ", ".join(re.findall(r"&& \\text\{(.*?),?\}", "\n".join(rows)))
    assert said == ", ".join(remark for _, remarks in statements for remark in remarks)
    assert max(map(width, rights)) <= PAGE


@pytest.mark.parametrize("letters, rows", [(8, 1), (PAGE - 20, 1), (PAGE, 2)])
def test_a_long_head_stands_above_only_where_the_page_is_too_narrow(letters, rows):
    text = aligned([Line(r"\mathcal{L}(f, g, h) ={}", "", [("x" * letters, "")], ["fit"])])
    assert len(text.splitlines()) == rows + 2
    beginning = r"\mathcal{L}(f, g, h) ={}& x" if rows == 1 else r"& \mathcal{L}(f, g, h) \\"
    assert text.splitlines()[1].startswith(beginning)


def test_a_long_remark_goes_on_beneath_its_beginning():
    remarks = ["c", "in nats", "mean over the positions of a row"]
    assert aligned([Line("", "x" * 50, (), remarks)]).splitlines()[1:-1] == [
        rf"& {'x' * 50} && \text{{c, in nats,}} \\",
        r"& && \text{mean over the positions of a row}",
    ]
    assert aligned([Line("", "x", (), remarks)]).splitlines()[1] == rf"& x && \text{{{', '.join(remarks)}}}"


def test_a_definition_is_not_broken_inside_brackets():
    text = str(ld.formula(regimes.image_text_alignment(), written=True))
    assert r"\langle p_{i}, r_{j}\rangle" in text and "\n& \\qquad \\text{; the mean" in text
