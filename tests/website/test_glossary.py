"""The glossary has every public name and every word of the library, and its places and marks exist."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "website").is_dir(), reason="the site is in the clone only")
WORDS = """
    symbol, symbol map, support, almost-sure equality, congruence, quotient, distribution, definitions, uses, live,
    value number, column draw, kernel output, schedule, parameter group, plural, brief, axiom, presentation, column,
    state, over, reference, prediction, frozen box, weight, mask, positions, functor, loss functor, pasting,
    whiskering, Markov theory, cartesian theory, symmetric theory, certificate, proof, countermodel, refutation,
    moving average, stop-gradient, temperature, normal form, plan, sweep, checkpoint, process, shard, stream, export,
    TwoCell, 2-cell, whisker, alongside, rewriting, conditional, pushforward, sesquicategory, interchange law
"""


def rows():
    return import_module("website.mathematics.glossary_page").words()


def test_it_has_every_public_name_and_every_word():
    exports = import_module("website.mathematics.glossary_page").exports()
    assert {word.name for word in rows() if word.rooms} == set(exports)
    assert {" ".join(word.split()) for word in WORDS.split(",")} <= {word.name for word in rows()}
    assert all(word.mathematics or word.learning for word in rows())


def test_its_places_and_marks_exist():
    language = (ROOT / "docs" / "pictures" / "language.md").read_text(encoding="utf-8")
    marks = set(re.findall(r"^\*\*(\d+)\.\*\* ", language, re.M))
    for word in rows():
        file, _, symbol = word.place.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        names = {getattr(node, "name", None) or getattr(node, "id", None) for node in ast.walk(tree)}
        assert not symbol or symbol in names, word.place
        assert word.mark in ("", *marks), word.name


def test_each_word_leads_to_the_row_that_it_stands_for():
    ((_, page),) = import_module("website.mathematics.glossary_page").pages()
    targets = set(re.findall(r"\(#((?:name|word)-[^)]*)\)", page))
    assert targets == {word.anchor for word in rows()} == set(re.findall(r'id="([^"]*)"', page))
    for word in ("cross-entropy", "Markov kernel", "disintegration", "exchange law", "pasting of 2-cells"):
        assert f"\n| {word} |" in page
