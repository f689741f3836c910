"""`notation=` writes the author's symbols in every kind of picture, wherever a name of a box or an object stands."""

import re

import pytest

import learning_diagrams as ld
from learning_diagrams.backends.finite import FiniteFunctor
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.presentation.pasting import TwoCell, whisker
from learning_diagrams.proof.derivation import Derivation

x, y = ld.Ty("xx"), ld.Ty("yy")
f, g, k = ld.Box("ff", x, x), ld.Box("gg", x, x), ld.Kernel("kk", x, y)
data = ld.SampleSpace("rows").column("data", x)
fit = ld.LearningDiagram(ld.Constraint("fit", data >> f >> g, data), name="plan")
law = ld.Equation(f >> g, ld.Id(x), "law")
NOTATION = {"ff": r"f_\theta", "xx": r"\mathbb{X}"}
refuted = ld.prove(ld.Equation(f >> f, f), [law])
apart = ld.equal(k >> ld.Copy(y), ld.Copy(x) >> k @ k, evidence=True)
KINDS = {
    "box": f,
    "diagram": ld.Copy(x) >> f @ (g >> f),
    "port graph": PortGraph.from_diagram(f >> g),
    "equation": law,
    "constraint": fit.constraints[0],
    "learning diagram": fit,
    "proof": ld.prove(ld.Equation(f >> g >> f, f), [law]),
    "derivation": Derivation(f >> g >> f, [law]).rewrite("law"),
    "square": ld.Square(f, g, g, f, "square"),
    "whiskered square": ld.Square(f @ x, g @ x, g @ x, f @ x, "square"),
    "pasting": whisker(f, TwoCell("cell", f, g), g),
    "countermodel": refuted,
    "finite model": refuted.model,
    "countermodel of paths": (paths := ld.prove(ld.Equation(g >> f, ld.Id(x)), [law])),
    "paths": paths.model,
    "evidence": ld.equal(f >> f, f, evidence=True),
    "evidence of equal sides": ld.equal(f, f, evidence=True),
    "colimit": ld.colimit({"first": fit, "second": fit}, [{"first": "ff", "second": "ff"}]),
    "difference": ld.difference(fit, fit.without("fit").add(ld.Constraint("fit", data >> f, data))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_symbol_stands_in_place_of_each_name(kind):
    plain, notated = (ld.draw(KINDS[kind], notation=notation).svg for notation in ({}, NOTATION))
    names = {name for name in NOTATION if name in words(plain)}
    assert names and not names & words(notated)
    assert ("ff" in names) <= ("θ" in notated) and ("xx" in names) <= ("𝕏" in notated)


def words(svg):
    """The words of all texts."""
    texts = re.sub("<title>.*?</title>", "", "".join(re.findall("<text.*?</text>", svg, re.DOTALL)))
    return set(re.findall(r"\w+", re.sub("<.*?>", " ", texts)))


def test_symbols_of_draws_in_evidence():
    notated = apart.draw(notation={"kk": r"\kappa"}).svg
    assert "kk" not in words(notated) and "κ" in words(notated)


def test_a_map_between_sets_of_numbers_has_no_names():
    exact = FiniteFunctor({x: 2, y: 2}, {k: [[1, 0], ["1/2", "1/2"]]})(k)
    assert exact.draw(notation={}).svg == exact.draw().svg
    with pytest.raises(ld.UnknownName, match="'kk'"):
        exact.draw(notation={"kk": "k"})
