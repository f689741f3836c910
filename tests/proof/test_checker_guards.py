"""Each guard of the checker rejects a certificate that differs from an accepted one in a single place."""

import copy

import pytest

import learning_diagrams as ld
from learning_diagrams.proof import checker
from learning_diagrams.proof.certificate import Writer, _tuples
from learning_diagrams.proof.checker import check

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
s, f = ld.Box("s", x, x), ld.Box("f", x, y)
E = ld.Equation
IDEMPOTENT = E(s >> s, s)
MISSING = object()


def graph(dom, boxes, outputs):
    return {"dom": dom.split(), "boxes": boxes, "outputs": outputs}


def power(n):
    """The diagram s >> … >> s of n boxes."""
    return graph("x", [[0, i] for i in range(n)], [n])


def step(name, before, after, backwards=False):
    return {"by": name, "backwards": backwards, "before": before, "after": after}


def equation(lhs, rhs, **more):
    return {"lhs": lhs, "rhs": rhs, **more}


wire, both, swap = power(0), graph("x x", [], [0, 1]), graph("x x", [], [1, 0])
BOXES = [
    {"name": "s", "dom": ["x"], "cod": ["x"], "kind": "box"},
    {"name": "f", "dom": ["x"], "cod": ["y"], "kind": "box"},
    {"name": "P", "dom": [], "cod": [], "kind": "box"},
    {"name": "Q", "dom": [], "cod": [], "kind": "box"},
    {"name": "c", "dom": ["rows"], "cod": ["x"], "kind": "column"},
    {"name": "rows", "dom": [], "cod": ["rows"], "kind": "state"},
    {"name": "u", "dom": ["x"], "cod": ["x"], "kind": "kernel", "data": [1, ["a"]]},
]
LEMMAS = [
    equation(power(3), power(1), name="three", steps=[step("two", wire, power(1)), step("two", wire, wire)]),
    equation(power(4), power(1), name="four", steps=[step("three", wire, power(1)), step("two", wire, wire)]),
]
PROOF = {
    "format": "proof/1", "theory": "symmetric", "sample_spaces": ["rows"], "boxes": BOXES,
    "axioms": {"two": equation(power(2), power(1))}, "lemmas": LEMMAS,
    "statement": equation(power(5), power(1)),
    "steps": [step("four", wire, power(1)), step("two", wire, wire)],
}  # fmt: skip


def changed(*place, to, data=PROOF):
    result = copy.deepcopy(data)
    at = result
    for key in place[:-1]:
        at = at[key]
    if to is MISSING:
        del at[place[-1]]
    else:
        at[place[-1]] = to
    return result


def rejected(data, statement=None, axioms=None):
    verdict = check(data, statement, axioms, signature=f)
    assert not verdict and verdict.statement is None
    return verdict.reason


@pytest.mark.parametrize("theory", ["symmetric", "markov", "cartesian"])
def test_the_certificate_is_accepted_and_its_verdict_says_what_it_proves(theory):
    verdict = check(changed("theory", to=theory), E(ld.Id(x).then(*[s] * 5), s), [IDEMPOTENT])
    assert verdict and verdict.theory == theory and verdict.axioms == {"two": E(s >> s, s, "two")}
    assert verdict.statement == E(s >> s >> s >> s >> s, s)


CHANGES = {
    # the frame
    "a countermodel": (("format",), "countermodel/1", "format: expected 'proof/1', got 'countermodel/1'; learning"),
    "format": (("format",), "proof/2", "format: expected 'proof/1', got 'proof/2'"),
    "key missing": (("lemmas",), MISSING, "key 'lemmas' is missing or unknown"),
    "key unknown": (("note",), "", "key 'note' is missing or unknown"),
    "theory": (("theory",), "monoidal", "theory: there is no theory 'monoidal'"),
    "axioms in a list": (("axioms",), [], "axioms: expected a mapping"),
    "axiom without a name": (("axioms", 1), equation(wire, wire), "axioms: expected a mapping from names"),
    "axiom with a hidden name": (("axioms", "\x1b"), equation(wire, wire), "axioms: a name consists"),
    "axiom in a list": (("axioms", "two"), [], "axioms.two: expected a mapping with lhs, rhs"),
    "axiom in a number": (("axioms", "two"), 5, "axioms.two: expected a mapping with lhs, rhs"),
    "axiom with more keys": (("axioms", "two", "name"), "", "axioms.two: expected a mapping with lhs, rhs"),
    "statement with fewer keys": (("statement", "rhs"), MISSING, "statement: expected a mapping with lhs, rhs"),
    "sides": (("statement", "rhs"), graph("x", [[1, 0]], [1]), "statement: the sides are not parallel"),
    "sides of another domain": (("statement", "rhs", "dom"), ["x", "x"], "statement: the sides are not parallel"),
    # lemmas
    "lemmas in a mapping": (("lemmas",), {}, "lemmas: expected a list"),
    "lemma without steps": (("lemmas", 0, "steps"), MISSING, "lemmas[0]: expected a mapping with lhs, name, rhs"),
    "lemma without a name": (("lemmas", 0, "name"), 3, "lemmas[0].name: expected a name that no axiom"),
    "lemma named as an axiom": (("lemmas", 0, "name"), "two", "lemmas[0].name: expected a name that no axiom"),
    "two lemmas of a name": (("lemmas", 1, "name"), "three", "lemmas[1].name: expected a name that no axiom"),
    "lemma by itself": (("lemmas", 0, "steps"), [step("three", wire, wire)], "lemmas[0].steps[0].by: 'three' is neith"),
    "lemma by a later lemma": (("lemmas",), LEMMAS[::-1], "lemmas[0].steps[0].by: 'three' is neither"),
    "lemma that is not proved": (("lemmas", 1, "steps"), [], "lemmas[1].steps: the steps end in another diagram"),
    # steps
    "steps in a mapping": (("steps",), {}, "steps: expected a list"),
    "unknown equation": (("steps", 0, "by"), "five", "steps[0].by: 'five' is neither an axiom nor an earlier lemma"),
    "first diagram": (("steps", 0, "after"), power(2), "steps[0]: the side of the equation does not occur"),
    "direction": (("steps", 0, "backwards"), True, "steps[0]: the side of the equation does not occur"),
    "second diagram": (("steps", 1, "after"), power(1), "steps[1]: the side of the equation does not occur"),
    "last diagram": (("steps", 1), MISSING, "steps: the steps end in another diagram than the right-hand side"),
    "domain of before": (("steps", 0, "before"), graph("x x", [], [0, 1]), "steps[0]: before, the equation and after"),
    "before ends in another object": (("steps", 0, "before"), graph("x", [[1, 0]], [1]), "steps[0]: before, the"),
    "domain of after": (("steps", 0, "after"), both, "steps[0]: before, the equation and after do not compose"),
    "codomain of after": (("steps", 0, "after"), graph("x", [[1, 0]], [1]), "steps[0]: before, the equation and after"),
    "step with more keys": (("steps", 0, "note"), "", "steps[0]: unknown key 'note'"),
    "step without an end": (("steps", 0, "after"), MISSING, "steps[0]: 'after' is missing"),
    "step in a list": (("steps", 0), [], "steps[0]: expected a mapping with after, backwards"),
    "name of a number": (("steps", 0, "by"), 4, "steps[0]: 'by' is the name"),
    "direction in a number": (("steps", 0, "backwards"), 0, "steps[0]: 'by' is the name"),
    # boxes
    "two boxes of a name": (("boxes", 1, "name"), "s", "boxes: two of them are called 's'"),
    "box in a list": (("boxes", 0), [], "boxes: expected a list of mappings"),
    "boxes in a mapping": (("boxes",), {}, "boxes: expected a list of mappings"),
    "box with more keys": (("boxes", 0, "note"), 1, "boxes[0]: unknown key 'note'"),
    "box of a number": (("boxes", 0, "name"), 1, "boxes[0]: 'name' and 'kind' are strings"),
    "kind of a number": (("boxes", 0, "kind"), 1, "boxes[0]: 'name' and 'kind' are strings"),
    "dagger": (("boxes", 6, "dagger"), True, "boxes[6]: u[::-1] is a dagger, which a Markov category does not have"),
    "dagger of a number": (("boxes", 0, "dagger"), 1, "boxes[0]: 'name' and 'kind' are strings and 'dagger'"),
    "kind": (("boxes", 0, "kind"), "effect", "boxes[0].kind: there is no kind of box 'effect'"),
    "hidden box": (("boxes", 0, "name"), "", "boxes[0]: a name consists of characters that can be seen"),
    "hidden object": (("boxes", 0, "dom"), [""], "boxes[0].dom: a name consists of characters that can be seen"),
    "box with an object as data": (("boxes", 0, "data"), {}, "boxes[0].data: expected plain values"),
    "column of another space": (("sample_spaces",), ["other"], "boxes[4]: a column belongs to a sample space, and 'ro"),
    "state of another space": (("boxes", 5, "name"), "other", "boxes[5]: a state belongs to a sample space, and 'othe"),
    "column of two objects": (("boxes", 4, "cod"), ["x", "x"], "boxes[4]: column 'c' of sample space 'rows' must end"),
    "column from two rows": (("boxes", 4, "dom"), ["rows", "rows"], "boxes[4]: a column does not go from rows @ rows"),
    "state of two rows": (("boxes", 5, "cod"), ["rows", "rows"], "boxes[5]: a state does not go from I to rows @ rows"),
    "column with data": (("boxes", 4, "data"), 1, "boxes[4]: a column does not go from rows to x with these data"),
    "state with a dagger": (("boxes", 5, "dagger"), True, "boxes[5]: a state does not go from I to rows"),
    # graphs
    "graph in a list": (("steps", 0, "after"), [], "steps[0].after: expected a mapping with boxes, dom, outputs"),
    "number of a box": (("statement", "lhs", "boxes", 0), [7, 0], "statement.lhs.boxes[0]: there is no box number 7"),
    "negative box": (("statement", "lhs", "boxes", 0), [-7, 0], "statement.lhs.boxes[0]: there is no box number -7"),
    "no box": (("statement", "lhs", "boxes", 0), [], "statement.lhs.boxes[0]: there is no box number -1"),
    "later wire": (("statement", "lhs", "boxes", 0), [0, 1], "statement.lhs.boxes[0]: there is no wire 1 yet"),
    "negative wire": (("statement", "lhs", "boxes", 0), [0, -1], "statement.lhs.boxes[0]: there is no wire -1 yet"),
    "true as a wire": (("statement", "lhs", "boxes", 1), [0, True], "statement.lhs.boxes[1]: expected a list of whole"),
    "fewer wires": (("statement", "lhs", "boxes", 0), [0], "statement.lhs.boxes[0]: the box takes x, but gets I"),
    "wire of another object": (("statement", "lhs", "boxes", 0), [1, 0], "statement.lhs.boxes[1]: the box takes x, bu"),
    "output that is not there": (("statement", "lhs", "outputs"), [6], "statement.lhs.outputs: there is no wire 6 yet"),
    "outputs in words": (("statement", "lhs", "outputs"), ["5"], "statement.lhs.outputs: expected a list of whole"),
    # linearity
    "axiom that copies": (("axioms", "a"), equation(graph("x", [], [0, 0]), graph("x", [], [0, 0])), "axioms.a: in th"),
    "lemma that discards": (
        ("lemmas", 0), equation(graph("x", [], []), graph("x", [], []), name="a", steps=[]), "lemmas[0]: in the theory",
    ),
    "statement that discards": (("statement", "lhs", "boxes", 4), [0, 3], "statement: in the theory symmetric each wi"),
    "statement that ends in discarding": (("statement", "rhs", "boxes"), [[0, 0], [0, 0]], "statement: in the theory"),
    "before that copies": (("steps", 0, "before"), graph("x", [], [0, 0]), "steps[0]: in the theory symmetric each wi"),
    "after that copies": (("steps", 0, "after"), graph("x", [[0, 0]], [1, 1]), "steps[0]: in the theory symmetric eac"),
    "after that discards": (("steps", 0, "after"), graph("x", [[0, 0], [0, 0]], [1]), "steps[0]: in the theory symmet"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_certificate_with_one_fault_is_rejected_at_its_place(name):
    place, value, reason = CHANGES[name]
    assert rejected(changed(*place, to=value)).startswith(reason)


@pytest.mark.parametrize("data", [None, 5, [], "proof/1"])
def test_a_certificate_is_a_mapping(data):
    assert rejected(data).startswith("format: expected 'proof/1', got ")


def test_a_context_that_copies_and_then_discards_proves_nothing_without_copies():
    """x ⊗ x ⊗ P = x ⊗ x ⊗ Q does not imply x ⊗ P = x ⊗ Q in a symmetric monoidal category.

    Identify all morphisms between powers of x above the first: then the premise holds and the conclusion does not.
    The context copies its wire for the premise, and discards the copies, so that both ends of the step are linear.
    """
    twice = equation(graph("x x", [[2]], [0, 1]), graph("x x", [[3]], [0, 1]))
    context = step("two", graph("x", [], [0, 0, 0]), graph("x x x", [], [0]))
    once = equation(graph("x", [[2]], [0]), graph("x", [[3]], [0]))
    data = {**PROOF, "axioms": {"two": twice}, "lemmas": [], "statement": once, "steps": [context]}
    assert rejected(data).startswith("steps[0]: in the theory symmetric each wire is used exactly once")
    assert check({**data, "theory": "markov"})


@pytest.mark.parametrize(
    ("end", "context"),
    [
        ("before", graph("x", [], [])),
        ("before", graph("x x", [], [0])),
        ("after", graph("x x", [[0, 0]], [2])),
        ("after", graph("y", [], [])),
        ("after", graph("x", [], [])),
    ],
)
def test_a_context_of_another_type_is_rejected_where_wires_may_be_discarded(end, context):
    data = changed("steps", 0, end, to=context, data={**PROOF, "theory": "markov"})
    assert rejected(data) == "steps[0]: before, the equation and after do not compose"


def test_scalars_count_only_in_the_theory_symmetric():
    sides = equation(graph("", [[2]], []), graph("", [[3]], []))
    data = {**PROOF, "lemmas": [], "statement": sides, "steps": []}
    assert rejected(data) == "steps: the steps end in another diagram than the right-hand side"
    assert check({**data, "theory": "markov"})


def test_a_step_keeps_wires_that_pass_by_in_their_order():
    """Of two wires, the first bypasses the step, and s acts on the second."""
    lhs, rhs = (graph("x x", [[0, 1], [0, 2]][:n], [0, n + 1]) for n in (2, 1))
    data = {**PROOF, "lemmas": [], "statement": equation(lhs, rhs), "steps": [step("two", both, both)]}
    assert check(data)
    for end in ("before", "after"):
        assert rejected(changed("steps", 0, end, to=swap, data=data)).startswith("steps[0]: the side of the equation")


def test_what_the_caller_asks_for_is_what_is_proved():
    assert "another statement" in rejected(PROOF, E(s, s))
    assert "another statement" in rejected(PROOF, E(s, s >> s >> s >> s >> s))
    assert "another statement" in rejected(PROOF, E(ld.Id(x), s))
    assert rejected(PROOF, None, [E(s, s >> s)]) == "axioms.two: this equation is not among those that may be assumed"
    assert check(PROOF, None, [E(s, s), IDEMPOTENT])


def test_sides_are_compared_with_their_types():
    """The forms of two identities are alike."""
    data = {**PROOF, "lemmas": [], "statement": equation(wire, wire), "steps": []}
    assert check(data, E(ld.Id(x), ld.Id(x)))
    assert "another statement" in rejected(data, E(ld.Id(y), ld.Id(y)))


def test_a_question_with_copies_is_no_question_without_them():
    """In a port graph, a copy with a discarded half is a wire."""
    data = {**PROOF, "lemmas": [], "statement": equation(wire, wire), "steps": []}
    asked = E(ld.Copy(x) >> x @ ld.Discard(x), ld.Id(x))
    assert "use theory='markov'" in rejected(data, asked)
    assert check({**data, "theory": "markov"}, asked)


def test_the_kind_of_a_box_is_part_of_the_question():
    """Copying along s is a law for functions only."""
    copied, twice = graph("x", [[0, 0]], [1, 1]), graph("x", [[0, 0], [0, 0]], [1, 2])
    data = {**PROOF, "theory": "markov", "lemmas": [], "statement": equation(copied, twice), "steps": []}
    assert check(data)
    as_kernel = changed("boxes", 0, "kind", to="kernel", data=data)
    assert rejected(as_kernel) == "steps: the steps end in another diagram than the right-hand side"
    assert check({**as_kernel, "theory": "cartesian"}).theory == "cartesian"
    asked = E(*(ld.Copy(x) >> k @ k for k in [ld.Kernel("s", x, x)] * 2))
    assert "another statement" in rejected(data, asked)


def test_the_limit_of_what_is_drawn_holds_for_all_sides_together(monkeypatch):
    """The statement takes 5 + 1 wires in layers, the axiom 2 + 1."""
    monkeypatch.setattr(checker, "MOST_DRAWN", 9)
    assert check(PROOF)
    monkeypatch.setattr(checker, "MOST_DRAWN", 8)
    assert rejected(PROOF) == "statement: to draw the graph takes more than 0 wires in all layers together"


def test_data_of_a_box_are_nested_within_a_limit():
    assert _tuples([1, ["a", None]], "boxes[0]") == (1, ("a", None))
    nested = 0
    for _ in range(51):
        nested = [nested]
    assert rejected(changed("boxes", 6, "data", to=nested)).startswith("boxes[6].data: expected plain values")
    assert check(changed("boxes", 6, "data", to=nested[0]))


def test_a_box_is_written_as_it_is_read():
    boxes = checker.Reader(BOXES, ["rows"]).boxes
    writer = Writer()
    assert [writer._box(box) for box in (*boxes, *boxes)] == [*range(len(BOXES))] * 2
    assert writer.boxes == BOXES and writer.sample_spaces == {"rows"}


def test_a_writer_refuses_data_that_a_file_cannot_hold():
    with pytest.raises(ld.ProofError, match="which a certificate cannot hold"):
        Writer()._box(ld.Box("b", x, x, data=(1, frozenset())))
    Writer()._box(ld.Box("b", x, x, data=(1, None)))


def test_a_writer_refuses_a_type_that_cannot_be_seen():
    with pytest.raises(ld.ProofError, match="a type: a name consists of characters that can be seen"):
        Writer()._type(ld.Ty("x", ""))
