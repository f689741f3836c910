"""The review of learning diagrams: the counts of known graphs, what is proved by what, and what is not."""

import itertools
from fractions import Fraction

import pytest

import learning_diagrams as ld
from learning_diagrams.backends.finite import FiniteFunctor, exact_term
from learning_diagrams.backends.finite.term import total_variation
from learning_diagrams.semantics.reasoning.assumption import assertion

x, y, z = ld.Ty("x"), ld.Ty("y"), ld.Ty("z")
rows = ld.SampleSpace("rows")
at, to = rows.column("x", x), rows.column("y", y)
f, g, h, t = ld.Box("f", x, y), ld.Box("g", y, x), ld.Box("h", x, y), ld.Box("turn", x, x)
k = ld.Kernel("k", x, y)


def graph(edges, n):
    """All path equations of a graph, on one unrelated column for each vertex."""
    types = {vertex: ld.Ty(vertex) for edge in edges for vertex in edge[1:]}
    boxes = [ld.Box(name, types[a], types[b]) for name, a, b in edges]
    over = {vertex: rows.column(f"at {vertex}", ty) for vertex, ty in types.items()}
    return ld.LearningDiagram.from_graph(boxes, over=over, max_length=n)


GIVEN = ld.LearningDiagram(ld.Constraint("fit", at >> f, to))
GRID = [(name, *ends) for name, ends in zip("abcdefg", ("AB", "BC", "DE", "EF", "AD", "BE", "CF"), strict=True)]
CORNERS = ["".join(bits) for bits in itertools.product("01", repeat=3)]
CUBE = [(f"d{i} {v}", f"v{v}", f"v{v[:i]}1{v[i + 1 :]}") for v in CORNERS for i in range(3) if v[i] == "0"]
COUNTS = {
    "grid": (GRID, 3, 5, 3, 2),
    "cube": (CUBE, 3, 21, 8, 6),
    "two-cycle": ([("f", "A", "B"), ("g", "B", "A")], 8, 32, 2, 2),
}


@pytest.mark.parametrize("name", COUNTS)
def test_minimal_sets_of_path_equations(name):
    edges, length, all_of_them, on_data, everywhere = COUNTS[name]
    diagram = graph(edges, length)
    assert len(diagram.constraints) == all_of_them
    assert len(ld.minimal(diagram).constraints) == on_data
    assert len(ld.minimal(diagram, everywhere=True).constraints) == everywhere


def kinds(*constraints, **options):
    return {(finding.subject, finding.kind) for finding in ld.review(ld.LearningDiagram(*constraints, **options))}


def test_each_redundancy_has_a_proof_from_what_is_kept():
    diagram = graph(GRID, 3)
    kept = {f"constraint {c.name}" for c in ld.minimal(diagram).constraints}
    findings = [finding for finding in ld.review(diagram) if finding.kind == "redundant on the data"]
    assert len(findings) == 2
    for finding in findings:
        (proof,) = finding.evidence
        assert set(proof.axioms) <= kept and "keeps the exact solutions" in str(finding)
        assert ld.check(proof.to_dict(), assertion(next(c for c in diagram.constraints if c.name == finding.subject)))


def test_what_is_redundant_as_an_equation_may_fail_where_the_rest_is_exact():
    """A is tested on one data set and B on another: a model with term 0 at A has term ½ at B, which A proves."""
    there, back = ld.Box("there", x, y), ld.Box("back", y, x)
    spaces = {name: ld.SampleSpace(name).column("at", x) for name in ("one", "other")}
    a = ld.Constraint("A", there >> back, ld.Id(x), over=spaces["one"])
    b = ld.Constraint("B", spaces["other"] >> there >> back, spaces["other"])
    diagram = ld.LearningDiagram(a, b)
    (finding,) = [finding for finding in ld.review(diagram) if finding.subject == "B"]
    assert finding.kind == "redundant as an equation" and "exact solutions" not in str(finding)
    assert "keeps the models in which the equations hold everywhere" in str(finding)
    constant = {there: lambda i: 0, back: lambda i: 0}
    functor = FiniteFunctor({x: 2, y: 2}, constant, {"one": {"at": [0, 0]}, "other": {"at": [0, 1]}})
    assert [exact_term(c, functor, total_variation) for c in (a, b)] == [0, Fraction(1, 2)]
    assert ld.minimal(diagram) == diagram and ld.minimal(diagram, everywhere=True) == ld.LearningDiagram(a)


def test_vacuous_redundant_and_needed():
    pairs = kinds(
        ld.Constraint("a says nothing", at >> f, at >> f),
        ld.Constraint("fit", at >> f, to),
        ld.Constraint("fit again", at >> f, to),
        ld.Constraint("equation", f, h, over=at),
        ld.Constraint("turned", f, h, over=at >> t),
        frozen=[t],
    )
    assert pairs == {
        ("a says nothing", "vacuous"), ("fit again", "redundant on the data"), ("turned", "redundant as an equation"),
    }  # fmt: skip


@pytest.mark.parametrize("data", [None, {"rows": {"y": [1.0, None]}}])
def test_a_finding_without_data_says_that_every_row_counts_as_present(data):
    diagram = ld.LearningDiagram(ld.Constraint("a", at >> f, to), ld.Constraint("b", at >> f, to))
    (message,) = [finding.says for finding in ld.review(diagram, data) if finding.kind == "redundant on the data"]
    assert (", and without data every row counts as present; dropping it" in message) == (data is None)


@pytest.mark.parametrize("options", [{"weight": 0}, {"divergence": "cosine"}, {"divergence": "one of my own"}], ids=str)
def test_a_term_that_can_be_0_elsewhere_is_no_premise(options):
    """Nor does a weight of 0 make one; that constraint may be dropped itself where others prove it."""
    pairs = kinds(ld.Constraint("a", at >> f, to, **options), ld.Constraint("b", at >> f, to))
    assert (("a", "redundant on the data") in pairs) == ("weight" in options)
    assert ("b", "redundant on the data") not in pairs
    pairs = kinds(ld.Constraint("a", at >> f, to, **options), ld.Constraint("b", at >> f, to, **options))
    assert not {kind for _, kind in pairs if kind.startswith("redundant")}


def test_axioms_are_premises():
    inverse = ld.Equation(f >> g, ld.Id(x), "inverse")
    cycle = ld.Constraint("cycle", at >> f >> g >> f, at >> f)
    assert kinds(cycle, ld.Constraint("fit", at >> f, to), axioms=[inverse]) >= {("cycle", "redundant on the data")}


def test_a_stochastic_source_anchors_both_sides_at_its_draw():
    """over = p: E_{a ~ p} D(h(a) ‖ f(a)) = 0 says more than p >> f = p >> h."""
    p = ld.Kernel("p", ld.Ty(), x)
    pointwise = ld.Constraint("b pointwise", f, h, over=p)
    for divergence in (None, "kl"):
        in_law = ld.Constraint("a in law", p >> f, p >> h, divergence=divergence)
        assert kinds(pointwise, in_law, frozen=[h, p]) == {("a in law", "follows as an equation")}
    at_rows = ld.Constraint("b at rows", at >> f, at >> h)
    rows_in_law = ld.Constraint("a in law", rows.state >> at >> f, rows.state >> at >> h, divergence="kl")
    assert kinds(at_rows, rows_in_law, frozen=[h]) == {("a in law", "redundant on the data")}


def test_equations_between_data_and_frozen_boxes():
    other = rows.column("other", y)
    both = [ld.Constraint("one", at >> f, to), ld.Constraint("two", at >> f, other)]
    (finding,) = (finding for finding in ld.review(ld.LearningDiagram(*both)) if finding.kind == "forced")
    assert "y = other" in str(finding) or "other = y" in str(finding)
    refuted = ld.review(ld.LearningDiagram(*both), data={"rows": {"y": [1, 2], "other": [1, 3]}})
    assert [finding.kind for finding in refuted] == ["inconsistent"]
    assert not ld.review(ld.LearningDiagram(*both), data={"rows": {"y": [1, 2], "other": [1, 2]}})


def test_constants_satisfy_a_cycle_of_features_and_no_label():
    siamese = ld.Constraint("alike", at >> f, at >> t >> f)
    assert kinds(siamese, frozen=[t]) == {("", "collapsing")}
    assert kinds(siamese, ld.Constraint("label", at >> f, to), frozen=[t]) == set()
    assert kinds(siamese, frozen=[t], axioms=[ld.Equation(f >> g, ld.Id(x), "inverse")]) == {("g", "untrained")}


def test_constants_tell_no_row_from_another():
    """A contrast is log n at constants, above its least value, so that they are no lazy solution."""
    pair = at >> f, at >> h
    assert kinds(ld.Constraint("alike", *pair, divergence="cosine")) == {("", "collapsing")}
    contrast = ld.Constraint("alike", *pair, divergence="info_nce")
    assert kinds(contrast) == set()
    assert ("", "collapsing") in kinds(ld.Constraint("alike", *pair, divergence="info_nce", weight=0.0))


def test_what_is_dropped_leaves_no_detached_box_untrained():
    """Two who follow each other: from one label and one who follows comes the other's label, and nobody trains him."""
    follows = [ld.Constraint(n, at >> a, at >> b, detach="rhs") for n, a, b in (("1", f, h), ("2", h, f))]
    labels = [ld.Constraint("0", at >> f, to), ld.Constraint("3", at >> h, to)]
    smaller = ld.minimal(ld.LearningDiagram(labels[0], follows[0], labels[1]))
    assert [c.name for c in smaller.constraints] == ["1", "3"]
    smaller = ld.minimal(ld.LearningDiagram(*labels, *follows))
    assert len(smaller.constraints) == 2 and not ld.review(smaller)
    free = [ld.Constraint("1", at >> f, at >> h)]
    assert [c.name for c in ld.minimal(ld.LearningDiagram(*labels, *free)).constraints] == ["0", "1"]


def test_what_nothing_trains_and_nothing_reads():
    pairs = kinds(
        ld.Constraint("fit", at >> f, to),
        ld.Constraint("off", rows.column("z", x) >> h, to, weight=0),
        ld.Constraint("dead", at >> ld.Copy(x) >> f @ (k >> ld.Discard(y)), to),
    )
    assert pairs >= {("h", "untrained"), ("k", "untrained"), ("rows.z", "unread")}


def test_a_masked_constraint_lives_over_the_rows_in_which_its_columns_are_present():
    """It proves nothing of the other rows; what is tested on all rows proves it."""
    label = rows.column("label", y)
    both = ld.LearningDiagram(
        ld.Constraint("a all", at >> h, to),
        ld.Constraint("b some", at >> f, label),
        ld.Constraint("c some", at >> f, at >> h),
        ld.Constraint("d some", label, to),
        frozen=[h],
    )
    present = {"rows": {"x": [0, 1], "y": [0, 1], "label": [0, 1]}}
    some = {"rows": present["rows"] | {"label": ([0, 1], [True, False])}}

    def kept(data):
        return [constraint.name for constraint in ld.minimal(both, data=data).constraints]

    assert kept(present) == ["a all", "b some", "c some"]  # d follows from all three
    assert kept(some) == ["a all", "b some", "c some"]  # on its own rows, too
    reversed_names = both.without("a all", "d some").add(
        ld.Constraint("z all", at >> h, to), ld.Constraint("a", label, to)
    )
    assert [c.name for c in ld.minimal(reversed_names, data=present).constraints] == ["a", "b some", "c some"]
    assert [c.name for c in ld.minimal(reversed_names, data=some).constraints] == [
        "b some",
        "c some",
        "z all",
    ]  # z is needed
    forced = [str(finding) for finding in ld.review(both, data=some) if finding.kind == "forced"]
    assert len(forced) == 1 and "label" not in forced[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((f,), "a review is of a learning diagram, got the diagram f"), ((GIVEN, [1]), "data= takes"),
     ((GIVEN, {"rows": [1]}), "data= takes")],
)  # fmt: skip
def test_what_is_no_learning_diagram_and_no_data(arguments, message):
    for what in (ld.review, lambda diagram, data=None: ld.minimal(diagram, data=data)):
        with pytest.raises(ld.TypeMismatch, match=message):
            what(*arguments)


def test_in_a_game_a_box_is_untrained_that_no_player_trains():
    x, rows = ld.Ty("x"), ld.SampleSpace("rows")
    lock, unlock, spy = (ld.Box(name, x, x) for name in ("lock", "unlock", "spy"))
    at = rows.column("at", x)
    opened = ld.Constraint("opened", at >> lock >> unlock, at)
    guessed = ld.Constraint("guessed", at >> lock >> spy, at)

    def untrained(**boxes):
        players = {name: {"boxes": own, "terms": terms} for name, (own, terms) in boxes.items()}
        game = ld.LearningDiagram(opened, guessed, players=players)
        return [finding.subject for finding in ld.review(game) if finding.kind == "untrained"]

    friends, spies = ["lock", "unlock"], (["spy"], ["guessed"])
    assert untrained(friends=(friends, ["opened"]), spies=spies) == []
    assert untrained(friends=(["lock"], ["opened"]), spies=spies) == ["unlock"]
