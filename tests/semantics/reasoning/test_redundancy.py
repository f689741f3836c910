"""Redundancy: only a term that is least on the rows that there are is dropped, and told to be redundant or vacuous."""

import pytest

import learning_diagrams as ld
from learning_diagrams.semantics.divergences import KINDS

x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
at, to = rows.column("x", x), rows.column("y", y)
f, g, h, t = ld.Box("f", x, y), ld.Box("g", y, x), ld.Box("h", x, y), ld.Box("turn", x, x)
k = ld.Kernel("k", x, y)


def kinds(*constraints, data=None, budget=2_000, **options):
    findings = ld.review(ld.LearningDiagram(*constraints, **options), data, budget)
    return {(finding.subject, finding.kind) for finding in findings}


# --- least at equality ------------------------------------------------------------------------------------------------
LEAST = {"mean_squared_error", "absolute", "huber", "squared_error", "total_variation", "kl", "chi_squared",
         "hellinger", "jensen_shannon", "renyi", "reverse_kl"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("side", [f, k], ids=["function", "kernel"])
def test_only_a_term_that_is_least_at_equality_is_redundant_or_vacuous(name, side):
    again = ld.Constraint("b", at >> side, to, divergence=name)
    assert (("b", "redundant on the data") in kinds(ld.Constraint("a", at >> side, to), again)) == (name in LEAST)
    same = ld.Constraint("same", at >> side, at >> side, divergence=name)
    assert (("same", "vacuous") in kinds(same)) == ((side.name, "untrained") in kinds(same)) == (name in LEAST)


@pytest.mark.parametrize(("options", "least"), [
    ({"label_smoothing": 0.1}, False), ({"label_smoothing": 0.1, "temperature": 2.0}, False),
    ({"label_smoothing": 0.0}, True), ({"temperature": 2.0}, True), ({"class_weight": [1, 2]}, True),
])  # fmt: skip
def test_options_move_the_least_value(options, least):
    again = ld.Constraint("b", at >> k, to, divergence={"name": "kl", **options})
    assert (("b", "redundant on the data") in kinds(ld.Constraint("a", at >> k, to), again)) == least


def test_one_wire_that_is_not_least_is_enough():
    both = ld.Copy(rows.ty) >> (at >> f) @ (at >> h)
    for names, least in ((["absolute", "huber"], True), (["absolute", "cosine"], False), (["nll", "huber"], False)):
        d = ld.Constraint("b", both, ld.Copy(rows.ty) >> to @ to, divergence=names)
        alone = ld.Constraint("a", at >> f, to), ld.Constraint("aa", at >> h, to)
        assert (("b", "redundant on the data") in kinds(d, *alone)) == least


# --- draws ------------------------------------------------------------------------------------------------------------
l_, m = ld.Kernel("l", x, y), ld.Kernel("m", y, y)


def test_a_consumed_draw_makes_a_term_more_than_its_equation():
    first = ld.Constraint("a", at >> k, at >> l_)
    drawn = ld.Constraint("b", at >> k >> g, at >> l_ >> g)
    (finding, *_) = ld.review(ld.LearningDiagram(first, drawn))
    assert (finding.subject, finding.kind) == ("b", "follows as an equation")
    assert finding.says == (
        "the other constraints prove it; its drawn term is 0 only where the consumed draws "
        "change no output"
    )
    for everywhere in (False, True):
        assert len(ld.minimal(ld.LearningDiagram(first, drawn), everywhere=everywhere).constraints) == 2
    (finding, *_) = ld.review(ld.LearningDiagram(ld.Constraint("c", at >> k >> g, at >> k >> g)))
    assert (finding.kind, finding.says[:28]) == ("follows as an equation", "the theory alone proves it; ")
    again = ld.Constraint("c", at >> l_ >> g, at >> k >> g)  # the same sides, the other way round
    assert ("c", "redundant on the data") in kinds(first, drawn, again)


def test_what_follows_only_everywhere_is_found_also_where_a_draw_is_consumed():
    """On its own data no constraint says anything of the points where the kernel of the section ends."""
    s, k = ld.Box("s", y, x), ld.Kernel("k", x, y)
    section = ld.Constraint("section", s >> k, ld.Id(y), over=rows.column("to", y))
    law = ld.Constraint("law", k >> s >> k, k, over=at)
    (finding,) = ld.review(ld.LearningDiagram(section, law))
    assert (finding.subject, finding.kind) == ("law", "follows as an equation")
    assert finding.says.startswith(
        "the other constraints prove it if they hold everywhere, not only on their data; its drawn term is 0 only"
    )
    assert ld.check(finding.evidence[0].to_dict(), law.equation)
    assert len(ld.minimal(ld.LearningDiagram(section, law), everywhere=True).constraints) == 2


def test_a_draw_that_cannot_change_an_output_is_none():
    dead = ld.Copy(rows.ty) >> (at >> f) @ (at >> k >> m >> ld.Discard(y))
    assert ("b", "redundant on the data") in kinds(ld.Constraint("a", at >> f, to), ld.Constraint("b", dead, to))
    shared = [ld.Constraint(name, f, h, over=at >> k >> g) for name in "ab"]  # both sides see the draw of `over`
    assert ("b", "redundant on the data") in kinds(*shared)
    end = ld.Constraint("b", at >> t >> k, at >> t >> l_)
    assert ("b", "redundant on the data") in kinds(ld.Constraint("a", k, l_, over=at >> t), end, frozen=[t])


def test_a_row_that_one_side_draws_is_a_draw():
    other_row = ld.Discard(rows.ty) >> rows.state >> at >> f
    same = ld.Constraint("same", other_row, other_row)
    assert kinds(same, ld.Constraint("fit", at >> f, to)) == {("same", "follows as an equation")}


# --- pairs of rows ----------------------------------------------------------------------------------------------------
pair, pair_ = ld.Box("pair", x @ x, y), ld.Box("pair_", x @ x, y)
same_, coin = ld.Kernel("same", y @ y, y), ld.Kernel("coin", ld.Ty(), y)


def test_pairs_of_rows_are_of_different_rows():
    pairs = ld.Constraint("a", pair, pair_, over=at @ at)
    turned = ld.Constraint("turned", at @ at >> ld.Swap(x, x) >> pair, at @ at >> ld.Swap(x, x) >> pair_)
    diagonal = ld.Constraint("diagonal", at >> ld.Copy(x) >> pair, at >> ld.Copy(x) >> pair_)
    drawn = ld.Constraint("drawn", pair, pair_, over=rows.state @ rows.state >> at @ at)
    three = ld.Constraint("three", at @ at @ at >> pair @ f, at @ at @ at >> pair_ @ f)
    for constraint, follows in ((turned, True), (diagonal, False), (three, True)):
        assert ((constraint.name, "redundant on the data") in kinds(pairs, constraint)) == follows
    assert ("drawn", "redundant on the data") in kinds(pairs, drawn)
    assert ("diagonal", "redundant as an equation") in kinds(pairs, diagonal)
    rowwise = [ld.Constraint("b", at >> f, at >> h), ld.Constraint("c", at @ at >> f @ f, at @ at >> h @ h)]
    assert ("c", "redundant on the data") in kinds(*rowwise)
    (proof,) = next(found for found in ld.review(ld.LearningDiagram(*rowwise)) if found.subject == "c").evidence
    assert ld.check(proof.to_dict(), rowwise[1].equation, {"constraint b": rowwise[0].equation})


def test_sides_that_start_from_drawn_rows():
    both = rows.state @ rows.state
    first = ld.Constraint("a", at @ at >> pair, at @ at >> pair_, over=both)
    again = ld.Constraint("b", at @ at >> pair, at @ at >> pair_, over=both >> ld.Swap(rows.ty, rows.ty))
    drawn = ld.Constraint("c", at @ at >> pair, at @ at >> pair_)
    assert {("b", "redundant on the data"), ("c", "redundant on the data")} & kinds(first, again, drawn)
    turned = ld.Constraint("d", ld.Id(rows.ty @ rows.ty), ld.Swap(rows.ty, rows.ty))  # no term, but no fault either
    assert not {kind for _, kind in kinds(turned, first) if kind.startswith("redundant")}


@pytest.mark.parametrize("name", [None, "kl", "mmd"])
def test_equal_sides_in_law_follow_as_an_equation_and_their_term_compares_samples(name):
    side = coin >> ld.Kernel("g", y, y)
    (finding, *_) = ld.review(ld.LearningDiagram(ld.Constraint("same", side, side, divergence=name)))
    assert (finding.subject, finding.kind) == ("same", "follows as an equation")
    assert "the theory alone proves it" in finding.says and "two samples of one law may differ" in finding.says


def test_the_law_of_one_row_says_nothing_of_two():
    """On data 0, 1 the column is a fair coin, and two rows are never equal."""
    law = ld.Constraint("a", rows.state >> to, coin, divergence="kl")
    end = ld.Kernel("end", ld.Ty(), y)
    drawn = rows.state @ rows.state >> to @ to >> same_
    two = [
        ld.Constraint("b", drawn, end, divergence="kl"),
        ld.Constraint("c", coin @ coin >> same_, end, divergence="kl"),
    ]
    assert not {kind for _, kind in kinds(law, *two, frozen=[coin]) if "redundant" in kind or "follows" in kind}
    apart = ld.SampleSpace("others")
    drawn = rows.state @ apart.state >> to @ apart.column("y", y) >> same_
    two = [ld.Constraint("b", drawn, end, divergence="kl"), ld.Constraint(
        "c", coin @ apart.state >> y @ apart.column("y", y) >> same_, end, divergence="kl")]  # fmt: skip
    assert ("b", "follows as an equation") in kinds(law, *two)


# --- masks ------------------------------------------------------------------------------------------------------------
label = rows.column("label", y)
SOME = {"rows": {"x": [1, 2, 3], "label": ([1, 2, 0], [True, True, False])}}


@pytest.mark.parametrize(("side", "reads"), [
    (ld.Copy(rows.ty) >> (at >> h) @ (label >> ld.Discard(y)), False),
    (ld.Copy(rows.ty, 3) >> (at >> h) @ (label >> g >> ld.Discard(x)) @ (label >> ld.Discard(y)), False),
    (ld.Copy(rows.ty) >> (at >> k >> ld.Discard(y)) @ (at >> h), False),
    (ld.Copy(rows.ty) >> at @ label >> ld.Box("j", x @ y, y), True),
])  # fmt: skip
def test_only_columns_that_the_normal_form_reads_are_conditions(side, reads):
    """A premise about the present rows proves nothing of a goal that is tested on every row."""
    fits = ld.Constraint("a", at >> f, label), ld.Constraint("b", side, label)
    goal = ld.Constraint("c", side, at >> f)
    assert (("c", "redundant on the data") in kinds(*fits, goal, data=SOME, budget=100)) == reads
    assert ("c", "redundant on the data") in kinds(*fits, goal, budget=100)


def test_a_discarded_column_of_the_source_is_no_condition():
    over = ld.Copy(rows.ty) >> at @ label
    goal = ld.Constraint("c", f @ ld.Discard(y), h @ ld.Discard(y), over=over)
    fits = ld.Constraint("a", at >> f, label), ld.Constraint("b", at >> h, label)
    assert ("c", "redundant on the data") not in kinds(*fits, goal, data=SOME, budget=100)
    both = ld.Box("both", x @ y, y)
    goal = ld.Constraint("c", f @ ld.Discard(y), h @ ld.Discard(y), over=over)
    reads = [
        ld.Constraint("a", f @ ld.Discard(y), both, over=over),
        ld.Constraint("b", h @ ld.Discard(y), both, over=over),
    ]
    assert ("c", "redundant on the data") not in kinds(*reads, goal, data=SOME, budget=100)
    assert ("c", "redundant on the data") in kinds(*reads, goal, budget=100)


def test_a_masked_source_is_no_condition_of_a_bare_equation():
    part, whole = (ld.Constraint(name, f, h, over=over) for name, over in (("a", label >> g), ("b", at)))
    pairs = kinds(part, whole, data=SOME, frozen=[g])
    assert ("b", "redundant as an equation") in pairs and ("b", "redundant on the data") not in pairs


def test_an_axiom_about_columns_holds_where_they_are_present():
    axioms = [ld.Equation(at >> f, label, "f"), ld.Equation(at >> h, label, "h")]
    law = [ld.Equation(rows.state >> at >> f, coin, "law")]
    fit = ld.Constraint("c", at >> f, at >> h)
    assert ("c", "redundant on the data") in kinds(fit, axioms=axioms)
    assert ("c", "redundant on the data") not in kinds(fit, axioms=axioms, data=SOME)
    part = ld.Constraint("c", rows.state >> at >> f, coin, divergence="kl")
    assert ("c", "redundant on the data") in kinds(part, ld.Constraint("d", at >> h, label), axioms=law, data=SOME)
    part = ld.Constraint("c", rows.state >> label, coin, divergence="kl")
    both = [*law, ld.Equation(at >> f, label, "f")]
    assert ("c", "redundant on the data") in kinds(part, ld.Constraint("d", at >> h, label), axioms=both)
    assert ("c", "redundant on the data") not in kinds(part, ld.Constraint("d", at >> h, label), axioms=both, data=SOME)


def test_masks_of_the_rows_of_a_pair():
    """The mask is of the row that reads the column, and a law of all rows says nothing of those present."""
    one, two = ld.Constraint("a", at >> f, label), ld.Constraint("b", at @ label >> f @ y, label @ label)
    assert ("b", "redundant on the data") in kinds(one, two, data=SOME)
    read = ld.Constraint("b", at @ label >> f @ g, at @ label >> h @ g)
    first = ld.Constraint("a", at @ label >> f @ g, at @ label >> h @ g, divergence="absolute")
    last = ld.Constraint("a", label @ at >> g @ f, label @ at >> g @ h)
    assert ("b", "redundant on the data") in kinds(first, read, data=SOME)
    assert ("b", "redundant on the data") in kinds(last, read)
    law = ld.Constraint("a", rows.state >> label, coin, divergence="kl")
    goal = ld.Constraint("b", rows.state >> label, coin, divergence="total_variation")
    only = {"rows": {"label": SOME["rows"]["label"]}}
    assert ("b", "redundant on the data") in kinds(law, goal, data=only)
    two = rows.state >> ld.Copy(rows.ty) >> at @ label >> ld.Discard(x) @ y
    whole = ld.Constraint("d", rows.state >> at >> f, coin, divergence="kl")
    fit = ld.Constraint("c", at >> f, label)
    assert ("d", "redundant on the data") not in kinds(law, fit, whole, data=SOME)
    assert ("d", "redundant on the data") in kinds(law, fit, whole)
    across = ld.Constraint("e", rows.state >> at >> f, two, divergence="kl")  # its sides count different rows
    assert ("e", "redundant on the data") not in kinds(fit, across, data=SOME)
    assert ("e", "redundant on the data") in kinds(fit, across)


# --- two wires of a source --------------------------------------------------------------------------------------------
@pytest.mark.thorough
def test_a_constraint_between_two_wires_of_its_source_proves_nothing_everywhere():
    """Everywhere, two views agree only for a constant, of which every equation follows."""
    augment, first, second = ld.Kernel("augment", x, x), x @ ld.Discard(x), ld.Discard(x) @ x
    views = ld.Constraint("a views", first >> k, second >> k, over=at >> ld.Copy(x) >> augment @ augment)
    turned = ld.Constraint("b turned", t >> k, k, over=at)
    d = ld.LearningDiagram(views, turned, frozen=[augment])
    assert ld.prove(turned, [views])
    assert ("b turned", "redundant as an equation") not in kinds(views, turned, frozen=[augment])
    assert ld.minimal(d, everywhere=True) == d


@pytest.mark.thorough
def test_a_law_with_an_input_that_one_side_drops_is_a_premise_everywhere():
    meet = ld.Box("meet", x @ x, x)
    pair, drop = ld.Copy(rows.ty) >> at @ rows.column("other", x), x @ ld.Discard(x)
    law = ld.Constraint("a law", meet, drop, over=pair)
    twice = ld.Constraint("b twice", meet >> t, drop >> t, over=pair >> t @ t)
    assert ("b twice", "redundant as an equation") in kinds(law, twice)
