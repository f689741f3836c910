"""Evidence and countermodels as pictures: the entries on sand are the weights of both sides."""

import re

from hypothesis import given

import learning_diagrams as ld
from learning_diagrams.equality.separation import brief_weight
from learning_diagrams.semantics.models.countermodel import find_countermodel
from strategies import parallel_pairs

x, y = ld.Ty("x"), ld.Ty("y")
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
k = ld.Kernel("k", x, x)


def on_sand(answer):
    """The texts on sand, in the order of the picture."""
    return re.findall(r'class="sand"[^>]*/>\n<text[^>]*>([^<]*)<', answer.draw().svg)


def weights(answer, zero):
    return [zero if weight == 0 else brief_weight(weight) for weight in (answer.lhs, answer.rhs)]


def require_agreement(answer):
    texts = on_sand(answer)
    assert texts[-2:] == weights(answer, "0")
    assert texts[:-2] in ([], weights(answer, "·"))  # no tables where a side has too many outcomes
    return len(texts)


@given(parallel_pairs())
def test_the_tables_of_both_sides_agree_with_the_evidence(pair):
    evidence = ld.equal(*pair, evidence=True)
    if not evidence:
        require_agreement(evidence)
        assert evidence.draw().scene.width <= 1000
    assert evidence._repr_mimebundle_()["text/plain"] == str(evidence)


def test_evidence_shows_both_diagrams_the_tables_of_boxes_and_the_line():
    evidence = ld.equal(k >> ld.Copy(x), ld.Copy(x) >> k @ k, evidence=True)
    assert require_agreement(evidence) == 4
    svg = evidence.draw().svg
    assert ">≠<" in svg and "at input 1, outcome (k, k):" in svg and on_sand(evidence)[:2] == ["1/2", "1/4"]
    assert svg.count('data-box="k"') == 5  # one on the left, two on the right, the plate and the body of its table
    same = ld.equal(f >> ld.Copy(x), ld.Copy(x) >> f @ f, evidence=True).draw()
    assert ">=<" in same.svg and on_sand(ld.equal(f, f, evidence=True)) == []
    symmetric = ld.equal(f @ f >> g @ f, f @ f >> f @ g, "symmetric", evidence=True)
    assert require_agreement(symmetric) == 4


def test_columns_of_one_name_are_told_apart():
    first, second = (ld.SampleSpace(name).column("c", x) for name in ("s", "t"))
    for answer in (
        ld.equal(first @ second, (first >> f) @ second, evidence=True),
        find_countermodel(ld.Equation(first @ second, (first >> f) @ second)),
    ):
        svg = answer.draw().svg
        assert ">s.c<" in svg and ">t.c<" in svg and ">c<" not in svg


def test_evidence_about_many_boxes_has_no_tables_of_sides():
    long = ld.Id(x).then(*[f] * 300)
    evidence = ld.equal(long, long >> f, evidence=True)
    assert require_agreement(evidence) == 2 and "more inputs" in evidence.draw().svg


def test_a_countermodel_shows_axioms_goal_and_tables():
    swap = find_countermodel(ld.Equation(f, ld.Id(x)), [ld.Equation(f >> f, ld.Id(x), "twice")])
    assert require_agreement(swap) == 4
    svg = swap.draw().svg
    assert ">twice<" in svg and ">goal<" in svg and svg.count(">=<") == 1 and svg.count(">≠<") == 2
    assert require_agreement(find_countermodel(ld.Equation(k >> ld.Copy(x), ld.Copy(x) >> k @ k), budget=0)) == 4


def test_the_model_of_normal_forms_is_a_table_of_paths():
    paths = find_countermodel(ld.Equation(f >> g, ld.Id(x)), [ld.Equation(g >> f, ld.Id(x), "inverse")])
    (table,) = paths.model.tables()
    assert table.outcomes == ("p >> f", "p >> g") and table.inputs[:3] == ("Id(x)", "f", "g")
    assert table.entries[:3] == (("f", "g"), ("f >> f", "f >> g"), ("Id(x)", "g >> g"))
    assert table.notes == ("and longer paths",) and require_agreement(paths) == 2
    assert "→" in paths.model.draw().svg
    apart = find_countermodel(ld.Equation(ld.Box("h", x, y), ld.Box("i", x, y)), [ld.Equation(f >> f, f)])
    assert apart.draw().svg.startswith("<svg")
