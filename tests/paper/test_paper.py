"""The paper without LaTeX: its generated parts are those of the code, and all that its text names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "paper"
FILES = [PAPER / "paper.tex", *sorted((PAPER / "sections").glob("*.tex"))]
TEXT = "\n".join(re.sub(r"(?<!\\)%.*", "", file.read_text(encoding="utf-8")) for file in FILES if file.exists())
GENERATED = {file.stem: file.read_text(encoding="utf-8") for file in sorted((PAPER / "generated").glob("*.tex"))}
IDENTIFIER = re.compile(r"(doi = \{10\.\d{4,9}/\S+\}|(howpublished|note) = \{arXiv:\d{4}\.\d{4,5}\})")


def arguments(macro, text=TEXT):
    """The first arguments of each use of a macro, none of which holds braces."""
    return re.findall(rf"\\{macro}\*?(?:\[[^\]]*\])?\{{([^{{}}#]*)\}}", text)


def test_the_generated_parts_are_those_that_the_code_writes():
    from write_parts import parts

    written = dict(parts())
    assert written.keys() == GENERATED.keys()
    assert [name for name, text in written.items() if text != GENERATED[name]] == []


def test_each_part_is_in_the_paper_and_each_part_of_the_paper_exists():
    named = {name.removeprefix("generated/") for name in arguments("input") if name.startswith("generated/")}
    named |= {name for macro in ("fitted", "listing") for name in arguments(macro)}
    named |= {f"picture_{name}" for name in re.findall(r"\\drawing\{[^}]*\}\{(\w+)\}", TEXT)}
    assert named == GENERATED.keys()


@pytest.mark.parametrize("macro", ["measured", "finding", "fact", "bench"])
def test_each_key_has_a_value(macro):
    known = set(re.findall(rf"\\defineof\{{{macro}\}}\{{([^}}]*)\}}", "".join(GENERATED.values())))
    asked = set(arguments(macro))
    assert asked and asked <= known


def test_each_theorem_names_a_test_or_a_statement_of_a_source():
    theorems = re.findall(r"\\begin\{theorem\}(.*?)\\end\{theorem\}", TEXT, re.S)
    assert len(theorems) >= 12
    assert [text[:60] for text in theorems if r"\checkedby{" not in text and r"\provedin{" not in text] == []
    assert len(arguments("checkedby")) == sum(len(arguments("checkedby", text)) for text in theorems)


@pytest.mark.parametrize("place", sorted(set(arguments("checkedby"))))
def test_the_tests_of_theorems_exist(place):
    path, _, name = place.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_labels_and_references_are_each_others():
    labels, asked = arguments("label"), set(arguments("ref"))
    assert len(labels) == len(set(labels)) and asked <= set(labels)


def test_each_citation_has_an_entry_with_an_identifier_and_each_entry_is_cited():
    entries = (PAPER / "references.bib").read_text(encoding="utf-8").split("\n@")
    by_key = {re.search(r"\{(\w+),", entry)[1]: entry for entry in entries}
    cited = {key for macro in ("citep", "citet", "provedin") for keys in arguments(macro) for key in keys.split(",")}
    assert cited == by_key.keys()
    assert [key for key, entry in by_key.items() if not IDENTIFIER.search(entry)] == []


def test_no_figure_is_typed_where_results_are_told():
    """Of the sections on experiments and performance, decimals stand in the generated parts alone."""
    for name in ("experiments", "performance"):
        text = (PAPER / "sections" / f"{name}.tex").read_text(encoding="utf-8")
        prose = re.sub(r"\\(begin|includegraphics|resizebox|drawing)[^\n]*", "", text)
        assert re.findall(r"\d\.\d", prose) == []
