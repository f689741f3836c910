"""Models of normal forms: true ones against other deciders, and false ones that the check refuses."""

import random
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.models.countermodel import Countermodel, find_countermodel
from learning_diagrams.semantics.models.paths import path_rewriting
from learning_diagrams.semantics.models.paths.term_model import TermModel
from learning_diagrams.semantics.models.paths.term_model_check import term_model_fault
from words import all_words, classes

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
BOXES = {name: ld.Kernel(name, x, x) for name in "abc"}
LEFT, RIGHT = Equation(g >> f, ld.Id(x)), Equation(f >> g, ld.Id(x))
WORDS = st.lists(st.sampled_from("ab"), max_size=4).map(tuple)


def path(word):
    return ld.Id(x).then(*map(BOXES.get, word))


def equation(lhs, rhs):
    return Equation(path(lhs), path(rhs))


def fault(rules, axioms, goal, letters="abc", theory="markov"):
    """The fault of a system of rules between words, at the identity."""
    boxes = tuple(BOXES[letter] for letter in letters)
    model = TermModel(boxes, tuple(equation(*rule) for rule in rules))
    start = (ld.Id(x),)
    try:
        (outcome,) = model.weights(path(goal[0]), start)
    except ld.LearningDiagramError:
        outcome = (path(goal[0]),)
    question = [equation(*axiom) for axiom in axioms], equation(*goal)
    weights = Fraction(1), Fraction(0)
    return term_model_fault(theory, boxes, model.rules, *question, start, outcome, weights)


def spelled(text):
    return [tuple(map(tuple, pair.split("="))) for pair in text.split()]


# ---- true models -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theory", ["symmetric", "markov", "cartesian"])
def test_an_inverse_on_one_side_is_none_on_the_other(theory):
    answer = ld.prove(RIGHT, [LEFT], theory)
    assert isinstance(answer, Countermodel) and not answer and answer.verify()
    assert isinstance(answer.model, TermModel) and [str(rule.lhs) for rule in answer.model.rules] == ["g >> f"]
    again = find_countermodel(RIGHT, [LEFT], theory)
    assert again == answer and hash(again) == hash(answer)


def test_small_models_come_first():
    assert find_countermodel(equation("a", ""), [equation("aaaa", "")]).model.sizes == {"x": 2}


def test_paths_through_several_objects_and_from_data():
    one, two, back = ld.Box("one", x, y), ld.Box("two", x, y), ld.Kernel("back", y, x)
    column = ld.SampleSpace("rows").column("point", x)
    axioms = [Equation(one >> back, ld.Id(x)), Equation(two >> back, ld.Id(x)), LEFT]
    answer = find_countermodel(Equation(column >> f >> g >> one, column >> one), axioms)
    assert isinstance(answer.model, TermModel) and answer.verify()
    assert [box.name for box in answer.model.others] == ["rows"]
    assert "f >> g >> one" in str(answer)


def test_every_box_of_the_question_has_its_meaning():
    constant, merge, effect = ld.Box("c", unit, y), ld.Box("m", x @ x, y @ x), ld.Kernel("e", x @ y, unit)
    lone = ld.Kernel("lone", y, y)
    trivial = [Equation(box, box) for box in (constant, merge, effect, lone)]
    answer = ld.prove(RIGHT, [LEFT, *trivial, Equation(lone >> ld.Discard(y), ld.Discard(y))])
    assert {box.name for box in answer.model.letters} == {"f", "g", "lone"}
    assert {box.name for box in answer.model.others} == {"c", "m", "e"}
    assert answer.verify() and "m gives Id(y), Id(x)\n" in str(answer) and "e gives nothing\n" in str(answer)
    outcome = answer.model.weights(constant @ ld.Id(x) >> lone @ f, (g,))
    assert [str(path) for path in next(iter(outcome))] == ["lone", "Id(x)"]


def test_other_axioms_leave_it_open():
    """The axiom about copies holds in every set, but completion does not speak of it."""
    k, s = ld.Kernel("f", x, x), ld.Kernel("g", x, x)
    axioms = [Equation(s >> k, ld.Id(x)), Equation(s >> ld.Copy(x), ld.Copy(x) >> s @ s)]
    assert find_countermodel(Equation(k >> s, ld.Id(x)), axioms, budget=300) is None


def group_of_permutations(text, **letters):
    """A presentation of a group of permutations, and the permutation of a word."""

    def act(word):
        points = range(3)
        for letter in word:
            points = [points[i] for i in letters[letter]]
        return tuple(points)

    assert all(act(lhs) == act(rhs) for lhs, rhs in spelled(text))
    return spelled(text), act


GROUPS = {
    "S3": group_of_permutations("aa= bb= aba=bab", a=(1, 0, 2), b=(0, 2, 1)),
    "Z3": group_of_permutations("aaa= b=aa", a=(1, 2, 0), b=(2, 0, 1)),
    "Z2": group_of_permutations("aa= b=", a=(1, 0, 2), b=(0, 1, 2)),
}


@pytest.mark.parametrize("name", GROUPS)
def test_finite_groups_are_decided_as_their_permutations_say(name, monkeypatch):
    monkeypatch.setattr("learning_diagrams.semantics.models.countermodel.SMALL_MODELS", 0)
    axioms, act = GROUPS[name]
    for seed in range(12):
        words = all_words("ab", 4)
        lhs, rhs = random.Random(seed).choice(words), random.Random(-seed).choice(words)
        answer = ld.prove(equation(lhs, rhs), [equation(*axiom) for axiom in axioms])
        assert isinstance(answer, Proof if act(lhs) == act(rhs) else Countermodel)
        if isinstance(answer, Countermodel):
            assert isinstance(answer.model, TermModel) and answer.verify()


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3), WORDS, WORDS)
def test_models_agree_with_union_and_find_and_with_finite_models(axioms, lhs, rhs):
    goal, laws = equation(lhs, rhs), [equation(*axiom) for axiom in axioms]
    named = {str(number): axiom for number, axiom in enumerate(axioms)}
    class_of = classes(named, all_words("ab", 6))
    answer = find_countermodel(goal, laws, budget=400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("learning_diagrams.semantics.models.countermodel.SMALL_MODELS", 0)
        of_paths = find_countermodel(goal, laws, budget=400)
    for countermodel in (answer, of_paths):
        assert countermodel is None or (countermodel.verify() and class_of[lhs] != class_of[rhs])
    if answer is not None and isinstance(answer.model, TermModel):
        assert of_paths == answer
    if answer is not None:
        assert not isinstance(ld.prove(goal, laws, budget=400), Proof)


# ---- false models ------------------------------------------------------------------------------------------------


def test_an_empty_system_refutes_no_theorem():
    theorem = spelled("ab= bc=")
    assert "an axiom does not hold: a >> b = Id(x)" in fault([], theorem, ("a", "c"))
    assert isinstance(ld.prove(equation("a", "c"), [equation(*axiom) for axiom in theorem]), Proof)


FALSE = {
    "a missing rule": ("ab=", "ab= ba=", "does not hold: b >> a = Id"),
    "a rule that goes up": ("ab=aba", "ab=", "does not go down in the shortlex order: a >> b → a >> b >> a"),
    "a rule the wrong way": ("ab=ba", "ab=ba", "does not go down in the shortlex order: a >> b → b >> a"),
    "a rule that stays": ("ab=ab", "ab=", "does not go down"),
    "a rule from the identity": ("=", "ab=", "does not go down"),
    "a pair that runs over the end": ("ab= bc=", "ab= bc=", "pair does not join: two rules overlap in a >> b >> c"),
    "a pair of a rule with itself": ("aba=c", "aba=c", "does not join: two rules overlap in a >> b >> a >> b >> a"),
    "a pair with a word inside": ("abc=a b=", "abc=a b=", "does not join: two rules overlap in a >> b >> c"),
    "a pair with a word at the start": ("abc=a ab=", "abc=a ab=", "does not join: two rules overlap in a >> b >> c"),
    "two rules of one side": ("ab=a ab=", "ab=", "two rules have the left-hand side a >> b"),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_no_system_is_refused(name):
    rules, axioms, message = FALSE[name]
    assert message in fault(spelled(rules), spelled(axioms), ("aaa", "cc"))


def test_a_goal_that_holds_and_false_places_are_refused():
    rules = axioms = spelled("ab=")
    assert fault(rules, axioms, ("aabc", "ca")) is None
    assert fault(rules, axioms, ("aabc", "ac")) == "both sides of the goal give the outcome"
    boxes, (rule,) = tuple(BOXES.values()), (equation("ab", ""),)
    goal, identity, weights = equation("c", "a"), (ld.Id(x),), (Fraction(1), Fraction(0))

    outcome = (path("c"),)

    def claim(inputs=identity, outcome=outcome, weights=weights, letters=boxes):
        return term_model_fault("markov", letters, [rule], [rule], goal, inputs, outcome, weights)

    assert claim() is None and claim((path("b"),), (path("bc"),)) is None
    assert claim(outcome=(path("b"),)) == "no side of the goal gives the outcome"
    assert claim(weights=weights[::-1]) == "the weights of the outcome are 1 and 0"
    assert "not a path into x in normal form" in claim((path("ab"),), (path("c"),))
    assert "not a path into x in normal form" in claim((ld.Id(y),))
    assert "not a path into x in normal form" in claim((ld.Box("u", x, y),), letters=(*boxes, ld.Box("u", x, y)))
    assert "is not among the letters" in claim((ld.Copy(x),)) and "is not a path" in claim((ld.Id(x @ x),))
    assert "is not a path" in claim((path("a") @ x,))
    assert claim(()) == "x has one path for each object, got 0 paths"
    assert claim(letters=boxes[:2]) == "box 'c' is not among the letters"
    assert claim(letters=(*boxes, boxes[0])) == "box 'a' stands twice among the letters"
    assert "no letter of a path" in claim(letters=(*boxes, ld.Box("m", x @ x, x)))


def test_a_rule_is_about_paths():
    wide = Equation(path("a") @ x, ld.Id(x @ x))
    with pytest.raises(ld.TypeMismatch, match="a @ x is not a path"):
        TermModel((BOXES["a"],), (wide,)).weights(path("a"), (ld.Id(x),))


def test_copies_mean_nothing_in_symmetric():
    copied = Equation(ld.Copy(x), ld.Copy(x))
    for axioms in ([copied], []):
        fault = term_model_fault(
            "symmetric", (f, g), [LEFT], [LEFT, *axioms], RIGHT, (ld.Id(x),), (f >> g,), (Fraction(1), Fraction(0))
        )
        assert fault == ("Copy(x) has no meaning in the theory symmetric" if axioms else None)


def test_an_axiom_about_several_wires_must_hold_for_all_paths():
    swapped, merge = Equation(ld.Swap(x, x), ld.Id(x @ x)), ld.Box("m", x @ x, x)
    claim = (ld.Id(x),), (f >> g,), (Fraction(1), Fraction(0))
    assert "an axiom does not hold" in term_model_fault("markov", (f, g), [LEFT], [swapped], RIGHT, *claim)
    alike = [LEFT, Equation(ld.Swap(x, x) >> merge, merge)]
    assert term_model_fault("markov", (f, g), [LEFT], alike, RIGHT, *claim) is None


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3), st.data())
def test_a_changed_system_is_refused(axioms, data):
    """A rule of a reduced system follows from the axioms, and not from the other rules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("learning_diagrams.semantics.models.countermodel.SMALL_MODELS", 0)
        answer = find_countermodel(equation("aba", "b"), [equation(*axiom) for axiom in axioms], budget=300)
    if answer is None or not isinstance(answer.model, TermModel) or not answer.model.rules:
        return
    model, claim = answer.model, (answer.goal, answer.inputs, answer.outcome, (answer.lhs, answer.rhs))
    number = data.draw(st.integers(0, len(model.rules) - 1))
    others, rule = [r for i, r in enumerate(model.rules) if i != number], model.rules[number]

    def check(rules):
        return term_model_fault("markov", model.letters, rules, answer.axioms, *claim)

    assert check(model.rules) is None
    assert check(others) is not None
    assert "does not go down" in check([*others, Equation(rule.rhs, rule.lhs)])


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3), st.lists(st.tuples(WORDS, WORDS), max_size=3))
def test_no_system_refutes_what_union_and_find_prove(axioms, rules):
    class_of = classes({str(number): axiom for number, axiom in enumerate(axioms)}, all_words("ab", 5))
    rules = [max(pair, pair[::-1], key=lambda pair: (len(pair[0]), pair[0])) for pair in rules]
    for lhs, rhs in permutations(all_words("ab", 3), 2):
        if class_of[lhs] == class_of[rhs]:
            assert fault(rules, axioms, (lhs, rhs)) is not None


def test_work_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(path_rewriting, "MOST_STEPS", 2_000)
    with pytest.raises(ld.LimitExceeded, match="checking takes more than 2,000 steps"):
        fault(spelled("ba=ab"), spelled("ba=ab"), ("b" * 60 + "a" * 60, "c"))


def test_a_long_system_is_shown_by_its_first_rules():
    letters = tuple(ld.Box(f"s{number}", x, x) for number in range(40))
    text = str(TermModel(letters, tuple(Equation(letter >> letter, ld.Id(x)) for letter in letters)))
    assert "s29 >> s29 → Id(x)" in text and text.endswith("… 10 more rules") and "s35(p)" not in text
    assert str(TermModel(letters[:1], ())).endswith("every path is in normal form")
