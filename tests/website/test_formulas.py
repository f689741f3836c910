"""Formulas of the library become MathML without a command that is left over."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "website").is_dir(), reason="the site is in the clone only")


@pytest.mark.parametrize("name", regimes.__all__)
def test_a_formula_has_all_names_and_no_command_of_latex(name):
    diagram = getattr(regimes, name)()
    formula = import_module("website.mathematics.latex_commands").converted(str(ld.formula(diagram)), "block")
    assert "\\" not in formula and "&amp;" not in formula
    for constraint in diagram.constraints:
        assert re.search(rf"<mtext>{constraint.name}\b", formula)
    trained = {box.name for box in diagram.boxes if diagram.training(box.name) == "is trained"}
    for box in trained:
        assert f'<mi class="normal">{box}</mi>' in formula or len(box) == 1
