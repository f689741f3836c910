"""Each law of the page has a test, and each test that the page names exists."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "website").is_dir(), reason="the site is in the clone only")


def functions(file):
    return {
        node.name for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))) if hasattr(node, "name")
    }


def test_each_law_of_the_book_is_checked_by_a_test():
    page = import_module("website.mathematics.laws_page")
    assert set(page.book()) == set(page.tests_of_the_book()) and all(all(said) for said in page.book().values())


def test_each_test_that_is_named_exists():
    places = [
        place for laws in import_module("website.mathematics.laws_page").further().values() for place in laws.values()
    ]
    assert len(set(places)) == len(places)
    for place in places:
        file, _, name = place.partition("::")
        assert name in functions(file), place
