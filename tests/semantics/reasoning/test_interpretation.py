"""Interpretations: what a regime proves of another, with proofs that are checked; they compose."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.proof import Proof, Unknown
from learning_diagrams.semantics.models.countermodel import Countermodel
from learning_diagrams.semantics.reasoning.assumption import assertion, axioms_of
from strategies import glue_or_reject, gluings, small_learning_diagrams

image, code, label = ld.Ty("image"), ld.Ty("code"), ld.Ty("label")
rows, more = ld.SampleSpace("rows"), ld.SampleSpace("more")
point = rows.column("point", image)
encode, decode, same = ld.Box("encode", image, code), ld.Box("decode", code, image), ld.Box("same", image, image)
autoencoder = ld.LearningDiagram(ld.Constraint("undo", point >> encode >> decode, point), name="autoencoder")
idempotent = ld.LearningDiagram(ld.Constraint("twice", point >> same >> same, point >> same), name="idempotent")


def kinds(interpretation):
    return {name: type(answer) for name, answer in interpretation.answers.items()}


def require_checked(interpretation):
    """Every proof is accepted, from what b says and for what a says."""
    for answer in interpretation.answers.values():
        if isinstance(answer, Proof):
            axioms = {each.name: each.equation for each in axioms_of(interpretation.b)}
            axioms |= {f"constraint {c.name}": assertion(c) for c in interpretation.b.constraints}
            assert ld.check(answer.to_dict(), statement=answer.statement, axioms=axioms)


def test_an_autoencoder_is_idempotent():
    interpretation = ld.interprets({same: encode >> decode}, idempotent, autoencoder)
    assert interpretation and kinds(interpretation) == {"constraint twice": Proof}
    require_checked(interpretation)
    assert str(interpretation) == "idempotent in autoencoder: an interpretation\n  constraint twice: proved"
    assert str(interpretation(same >> same)) == "encode >> decode >> encode >> decode"


def test_what_does_not_follow_has_a_countermodel():
    back = ld.interprets({encode: same, decode: same, code: image}, autoencoder, idempotent)
    assert not back and kinds(back) == {"constraint undo": Countermodel}
    assert back.answers["constraint undo"].verify()
    assert "autoencoder in idempotent: none\n  constraint undo: refuted" in str(back)


def test_without_an_answer_the_verdict_is_unknown_and_a_lemma_gives_one():
    """Groups in which each square is the unit are commutative, which no short search finds."""
    x = ld.Ty("x")
    times, unit, m = ld.Box("times", x @ x, x), ld.Box("unit", ld.Ty(), x), ld.Box("m", x @ x, x)
    squares = {
        "associative": ld.Equation(times @ x >> times, x @ times >> times),
        "unit left": ld.Equation(unit @ x >> times, ld.Id(x)),
        "unit right": ld.Equation(x @ unit >> times, ld.Id(x)),
        "square": ld.Equation(ld.Copy(x) >> times, ld.Discard(x) >> unit),
    }
    ways = [
        lambda a, b: times(times(a, unit()), b),
        lambda a, b: times(times(a, times(times(a, b), times(a, b))), b),
        lambda a, b: times(times(times(a, a), times(b, a)), times(b, b)),
        lambda a, b: times(b, a),
    ]
    derivation = Derivation(times, squares)
    for way in ways:
        derivation = derivation.reach(ld.diagram(x @ x, x)(way))
    commutative = ld.LearningDiagram(axioms={"commutes": ld.Equation(m, ld.Swap(x, x) >> m)}, name="commutative")
    # Another box and another lemma, so that names of axioms and symbols differ between the question and the lemma.
    boolean = ld.LearningDiagram(axioms=squares | {"other": ld.Equation(same, same)}, name="boolean groups")
    without = ld.interprets({m: times}, commutative, boolean, budget=100)
    assert not without and str(without).startswith("commutative in boolean groups: unknown\n")
    lemma = derivation.proof(name="swapped")
    for lemmas in ([lemma], {"swapped": lemma}):
        found = ld.interprets({m: times}, commutative, boolean, budget=100, lemmas=lemmas)
        answer = found.answers["axiom commutes"]
        assert found and [step.name for step in answer.steps] == ["swapped"]
        assert {"axiom associative", "axiom square"} <= answer.axioms.keys()
        require_checked(found)


@pytest.mark.parametrize(
    ("lemmas", "error", "said"),
    [
        (3, ld.TypeMismatch, "lemmas= takes proofs by name or in a list, got 3"),
        ([ld.Equation(same, same)], ld.TypeMismatch, "a lemma is a Proof"),
        ([ld.prove(ld.Equation(same >> same, same, "lemma"), [ld.Equation(same >> same, same, "law")])], ld.ProofError,
         "lemma 'lemma' needs the axiom 'law', and Equation(same >> same = same) is not given"),
        ([ld.prove(ld.Equation(same, same), [])], ld.ProofError, "a lemma needs a name of its own"),
    ],
)  # fmt: skip
def test_a_lemma_is_a_proof_from_the_learning_diagram(lemmas, error, said):
    with pytest.raises(error, match=re.escape(said)):
        ld.interprets({same: encode >> decode}, idempotent, autoencoder, lemmas=lemmas)


def test_constraints_hold_on_their_data_only():
    """The same equation, tested over other data, does not follow; an axiom holds everywhere."""
    elsewhere = ld.LearningDiagram(ld.Constraint("undo", rows.column("other", image) >> encode >> decode, rows.column(
        "other", image)))  # fmt: skip
    both = ld.LearningDiagram(*autoencoder.constraints, ld.Constraint("c", rows.column("other", image), point))
    apart = ld.LearningDiagram(*both.without("c").constraints, ld.Constraint("d", rows.column("other", image), point))
    assert ld.interprets({}, elsewhere, both)
    assert ld.interprets({}, elsewhere, apart.reweight({"d": 0})).answers["constraint undo"].__class__ is Countermodel
    retract = [ld.Equation(encode >> decode, ld.Id(image))]
    assert ld.interprets({}, elsewhere, ld.LearningDiagram(*apart.reweight({"d": 0}).constraints, axioms=retract))


def test_axioms_are_proved_too_and_from_axioms():
    law = ld.LearningDiagram(axioms={"retract": ld.Equation(encode >> decode, ld.Id(image))})
    twice = ld.LearningDiagram(axioms={"idempotent": ld.Equation(same >> same, same)})
    interpretation = ld.interprets({same: decode >> encode, image: code}, twice, law)
    assert interpretation and list(interpretation.answers) == ["axiom idempotent"]
    require_checked(interpretation)
    on_data = ld.LearningDiagram(ld.Constraint("c", point >> same, point))
    assert not ld.interprets({same: same, image: image}, twice, on_data)


def test_a_stochastic_source_is_shared_by_both_sides():
    noise = ld.Kernel("noise", ld.Ty(), image)

    def over(name, lhs, rhs):
        return ld.LearningDiagram(ld.Constraint(name, lhs, rhs, over=noise))

    a, b = over("c", same >> same, same), over("d", encode >> decode, ld.Id(image))
    interpretation = ld.interprets({same: encode >> decode}, a, b)
    assert interpretation
    require_checked(interpretation)


@pytest.mark.parametrize("divergence", ["info_nce", "nll", "cosine", "difference", "one of my own"])
def test_a_term_that_is_not_least_where_its_equation_holds_is_not_proved(divergence):
    loose = ld.LearningDiagram(ld.Constraint("undo", point >> encode >> decode, point, divergence=divergence))
    assert kinds(answer := ld.interprets({}, loose, autoencoder)) == {"constraint undo": Unknown}
    assert str(answer).endswith("constraint undo: unknown, its divergence is not least where the sides are equal")
    assert ld.interprets({}, autoencoder, autoencoder) and ld.interprets({}, loose, loose)


def test_a_term_that_consumes_draws_is_proved_by_its_own_equation_alone():
    k, twin = ld.Kernel("k", image, code), ld.Kernel("twin", image, code)
    b = ld.LearningDiagram(
        ld.Constraint("alike", point >> k, point >> twin), ld.Constraint("c", point >> k >> decode, point)
    )
    drawn = ld.LearningDiagram(ld.Constraint("c", point >> twin >> decode, point))
    assert kinds(ld.interprets({}, drawn, b)) == {"constraint c": Unknown}
    assert ld.interprets({twin: k}, drawn, b) and ld.interprets({}, b, b)


def test_pairs_of_rows_are_pairs_of_different_rows():
    meet, other = ld.Box("meet", image @ image, code), ld.Box("other", image @ image, code)
    pairs = ld.LearningDiagram(ld.Constraint("c", point @ point >> meet, point @ point >> other))
    equal_rows = ld.LearningDiagram(
        ld.Constraint("c", point >> ld.Copy(image) >> meet, point >> ld.Copy(image) >> other)
    )
    assert ld.interprets({}, pairs, pairs) and not ld.interprets({}, equal_rows, pairs)
    turned = {name: ld.Swap(image, image) >> box for name, box in (("meet", meet), ("other", other))}
    interpretation = ld.interprets(turned, pairs, pairs)
    assert interpretation and (interpretation >> interpretation)
    require_checked(interpretation >> interpretation)
    apart = ld.LearningDiagram(
        ld.Constraint("c", point @ more.column("point", image) >> meet, point @ more.column("point", image) >> other)
    )
    assert ld.interprets({more: rows}, apart, pairs) and not ld.interprets({more: rows}, apart, equal_rows)


def test_an_object_can_be_a_product_and_a_column_two_columns():
    pair, other = ld.Ty("pair"), rows.column("other", image)
    both = rows.column("both", pair)
    swap = ld.Box("swap", pair, pair)
    a = ld.LearningDiagram(ld.Constraint("involution", both >> swap >> swap, both))
    b = ld.LearningDiagram(ld.Constraint("c", point >> same, other))
    f = {swap: ld.Swap(image, image), both: ld.Copy(rows.ty) >> point @ other}
    assert ld.interprets(f, a, b)
    interpretation = ld.interprets(f | {swap: same @ same}, a, b)
    assert interpretation.translation.ty(pair) == image @ image and not interpretation


def test_nothing_follows_from_a_game_or_from_a_weight_of_zero():
    player = {"p": {"terms": ["undo"], "boxes": [encode]}}
    game = ld.LearningDiagram(*autoencoder.constraints, players=player)
    for weak, kind in ((autoencoder.reweight({"undo": 0}), Countermodel), (game, Unknown)):
        assert kinds(ld.interprets({same: encode >> decode}, idempotent, weak)) == {"constraint twice": kind}
        assert ld.interprets({}, weak, weak)


@pytest.mark.parametrize("name", regimes.__all__)
def test_a_regime_is_read_in_itself(name):
    """Whatever the divergences, weights and players are: each term is one of the regime."""
    regime = getattr(regimes, name)()
    assert ld.interprets(ld.Morphism.identity(regime), regime, regime)


def test_a_term_with_its_sides_exchanged_is_another_term():
    f, b = ld.Box("f", image, code), rows.column("b", code)
    there = ld.LearningDiagram(ld.Constraint("c", point >> f, b, divergence="difference"))
    back = ld.LearningDiagram(ld.Constraint("c", b, point >> f, divergence="difference"))
    assert ld.interprets({}, there, there) and kinds(ld.interprets({}, there, back)) == {"constraint c": Unknown}


def test_numbers_of_a_term_are_translated_too():
    number, k, n = ld.Ty("n"), ld.Kernel("k", image, code), ld.Kernel("n", image, code)
    cool, warm = ld.Box("cool", ld.Ty(), number), ld.Box("warm", ld.Ty(), number)

    def regime(name, temperature, weight):
        divergence = {"name": "kl", "temperature": temperature}
        return ld.Constraint(name, point >> k, point >> n, divergence=divergence, weight=weight)

    a, both = ld.LearningDiagram(regime("c", cool, cool)), {cool, warm}
    for temperature in both:
        for weight in both:
            b = ld.LearningDiagram(regime("c", temperature, weight), ld.Constraint("d", point, point, weight=cool),
                                   ld.Constraint("e", point, point, weight=warm))  # fmt: skip
            for image_of in both:
                same = bool(ld.interprets({cool: image_of}, a, b))
                assert same == (temperature == weight == image_of)


def test_a_composite_keeps_the_divergence_of_each_term():
    """b has two terms of one equation, of which c proves the one that is least at equality."""
    f, column = ld.Box("f", image, code), rows.column("b", code)
    loose, sure = (
        ld.Constraint(name, point >> f, column, divergence=divergence)
        for name, divergence in (("a loose", "difference"), ("sure", "absolute"))
    )
    a, b, c = ld.LearningDiagram(loose), ld.LearningDiagram(loose, sure), ld.LearningDiagram(sure)
    first, second = ld.interprets({}, a, b), ld.interprets({}, b, c)
    assert first and kinds(second) == {"constraint a loose": Unknown, "constraint sure": Proof}
    assert kinds(first >> second) == kinds(ld.interprets({}, a, c)) == {"constraint a loose": Unknown}


NO_PREMISES = {
    "whose divergence may be at its least where the sides differ": {"divergence": "cosine"},
    "whose weight is not a fixed number": {"weight": ld.Box("w", ld.Ty(), ld.Ty("n"))},
    "which is about other rows": {"two": True},
}


@pytest.mark.parametrize("why", NO_PREMISES)
def test_a_countermodel_that_breaks_a_constraint_refutes_nothing(why):
    options = dict(NO_PREMISES[why])
    f, b = ld.Box("f", image, code), rows.column("b", code)
    sides = (point @ point >> f @ f, b @ b) if options.pop("two", False) else (point >> f, b)
    loose = ld.LearningDiagram(ld.Constraint("stated", *sides, **options))
    plain = ld.LearningDiagram(ld.Constraint("goal", point >> f, b))
    answer = ld.interprets({}, plain, loose).answers["constraint goal"]
    assert isinstance(answer, Unknown)
    assert answer.reason == f"no countermodel satisfies 'constraint stated' too, {why}"
    # Where the constraint is about something else, a countermodel satisfies it too, and refutes.
    goal = ld.LearningDiagram(ld.Constraint("goal", point >> f >> decode, point))
    answer = ld.interprets({}, goal, ld.LearningDiagram(*loose.constraints, *autoencoder.constraints)).answers
    assert isinstance(refuted := answer["constraint goal"], Countermodel) and refuted.verify()
    assert any(equal.name == "constraint stated" for equal in refuted.axioms)


@settings(max_examples=15)
@given(st.data(), small_learning_diagrams())
def test_a_strict_morphism_is_an_interpretation(data, d):
    diagrams = {"a": d}
    m = glue_or_reject(diagrams, data.draw(gluings(diagrams))).injections["a"]
    interpretation = ld.interprets(m, m.dom, m.cod)
    assert interpretation
    require_checked(interpretation)


def test_interpretations_compose_with_their_proofs():
    """idempotent → autoencoder → a regime with an exact pair, without a search."""
    exact = ld.LearningDiagram(
        ld.Constraint("data", point >> ld.Box("clean", image, image), point),
        axioms={"retract": ld.Equation(encode >> decode, ld.Id(image))}, name="exact",
    )  # fmt: skip
    first = ld.interprets({same: encode >> decode}, idempotent, autoencoder)
    second = ld.interprets({decode: decode >> ld.Box("clean", image, image)}, autoencoder, exact)
    assert first and second
    both = first >> second
    assert both and both.translation == ld.interprets(
        {same: encode >> decode >> ld.Box("clean", image, image)}, idempotent, exact).translation  # fmt: skip
    require_checked(both)
    assert both.answers["constraint twice"].lemmas
    third = ld.interprets({}, exact, exact)
    require_checked(both >> third)
    assert both >> third and ((first >> second) >> third).translation == (first >> (second >> third)).translation
    require_checked(first >> (second >> third))
    require_checked(ld.interprets(ld.Morphism.identity(idempotent), idempotent, idempotent) >> first)


def test_a_composite_of_what_is_not_proved_is_unknown():
    back = ld.interprets({encode: same, decode: same, code: image}, autoencoder, idempotent)
    there = ld.interprets({same: encode >> decode}, idempotent, autoencoder)
    assert kinds(there >> back) == {"constraint twice": Unknown}
    assert kinds(back >> there) == {"constraint undo": Unknown}


draw_ = ld.Kernel("draw", image, code)
noisy = ld.LearningDiagram(ld.Constraint("undo", point >> draw_ >> decode, point))
turn, pair = ld.Box("turn", image, image), ld.Kernel("pair", image @ image, image)
commutes, undone = ld.Equation(ld.Swap(image, image) >> pair, pair, "c"), ld.Equation(turn >> turn, ld.Id(image), "u")
involutive = ld.LearningDiagram(axioms=[commutes, undone])
BAD = [
    (lambda: ld.interprets({same: draw_ >> decode}, idempotent, noisy), ld.TypeMismatch,
     "box 'same' is deterministic, and draw >> decode is not, because of the kernel 'draw'"),
    (lambda: ld.interprets({}, idempotent, autoencoder), ld.UnknownName,
     "no box named 'same' in .*, and the mapping has no image of box 'same'; known: "),
    (lambda: ld.interprets({"smae": encode}, idempotent, autoencoder), ld.UnknownName, "did you mean 'same'"),
    (lambda: ld.interprets({same: encode}, idempotent, autoencoder), ld.TypeMismatch,
     "box 'same' : image → image goes to a diagram image → image, got encode : image → code"),
    # `pair` has no image in the mapping: it is not what does not fit.
    (lambda: ld.interprets({turn: pair >> turn}, involutive, involutive), ld.TypeMismatch,
     "box 'turn' : image → image goes to a diagram image @ image → image @ image, got pair >> turn : image @ image → "),
    (lambda: ld.interprets({same: encode @ decode}, idempotent, autoencoder), ld.TypeMismatch, "image"),
    (lambda: ld.interprets({same: same}, idempotent, autoencoder), ld.UnknownName, "no box is named 'same'"),
    (lambda: ld.interprets({same: ld.Id(label)}, idempotent, autoencoder), ld.UnknownName, "the object 'label'"),
    (lambda: ld.interprets({same: image}, idempotent, autoencoder), ld.TypeMismatch, "box 'same' goes to a diagram"),
    (lambda: ld.interprets({image: encode}, idempotent, autoencoder), ld.TypeMismatch, "object 'image' goes to a type"),
    (lambda: ld.interprets({image: rows}, idempotent, autoencoder), ld.TypeMismatch, "objects to objects"),
    (lambda: ld.interprets({rows: image}, idempotent, autoencoder), ld.TypeMismatch, "data goes to data"),
    (lambda: ld.interprets(3, idempotent, autoencoder), ld.TypeMismatch, "given by a mapping"),
    (lambda: ld.interprets({}, 3, autoencoder), ld.TypeMismatch, "reads one learning diagram in another"),
    (lambda: ld.interprets(ld.Morphism.identity(noisy), idempotent, autoencoder), ld.TypeMismatch, "between other"),
    (lambda: ld.interprets({}, noisy, noisy) >> 3, ld.TypeMismatch, "composes with another one"),
    (lambda: ld.interprets({}, noisy, noisy) >> ld.interprets({}, autoencoder, autoencoder), ld.TypeMismatch,
     "do not compose"),
    (lambda: ld.interprets({}, noisy, noisy)(same), ld.UnknownName, "no box 'same'"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "error", "message"), BAD)
def test_what_is_no_interpretation_says_why(wrong, error, message):
    with pytest.raises(error, match=message) as caught:
        wrong()
    assert type(caught.value) is error
