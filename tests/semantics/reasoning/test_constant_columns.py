"""Columns that the constraints force to be the same in all rows: what is found, and that nothing false is."""

import random
from itertools import permutations, product

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.diagrams.port_graph import PortGraphBuilder
from learning_diagrams.semantics.reasoning.constant_columns import forced_constants
from learning_diagrams.semantics.reasoning.dependence import may_be_constant
from learning_diagrams.semantics.reasoning.fixed_sides import FixedSides

image, secret = ld.Ty("image"), ld.Ty("secret")
covers, secrets = ld.SampleSpace("covers"), ld.SampleSpace("secrets")
pix, bits = covers.column("pix", image), secrets.column("bits", secret)
embed, extract = ld.Box("embed", image @ secret, image), ld.Kernel("extract", image, secret)
no_secret, no_cover = ld.Discard(secrets.ty), ld.Discard(covers.ty)
GUESS = ld.Constraint("guess", pix @ no_secret >> extract, no_cover @ bits)
REVEAL = ld.Constraint("reveal", pix @ bits >> embed >> extract, no_cover @ bits)
INVISIBLE = ld.Constraint("invisible", pix @ bits >> embed, pix @ no_secret)
TWO_VALUES = {"covers": {"pix": [[0.1, 0.2], [0.3, 0.4]]}, "secrets": {"bits": [[0, 1], [1, 1]]}}
SAME = "that bits is the same in all rows of secrets"


def constants(*constraints, data=None, **options):
    return [str(finding) for finding in forced_constants(ld.LearningDiagram(*constraints, **options), data)]


@pytest.mark.parametrize(
    ("constraints", "premises"),
    [([GUESS], "constraint guess proves"), ([REVEAL, INVISIBLE], "constraints invisible, reveal prove")],
)
def test_a_label_of_unpaired_rows_must_be_the_same_in_all_rows(constraints, premises):
    seen = "but the data have different values, first in rows 0 and 1: [0, 1] and [1, 1]"
    unpaired = "; rows of covers and secrets are not paired"
    assert constants(*constraints, data=TWO_VALUES) == [f"inconsistent: {premises} {SAME}, {seen}{unpaired}"]
    advice = "which nothing here trains: check that the data satisfy it"
    assert constants(*constraints) == [f"forced: {premises} {SAME}, {advice}{unpaired}"]
    (finding,) = forced_constants(ld.LearningDiagram(*constraints))
    goal = ld.Equation(bits @ no_secret, no_secret @ bits)
    axioms = {f"constraint {each.name}": each.reading.assertion for each in constraints}
    assert ld.check(finding.evidence[0].to_dict(), statement=goal, axioms=axioms)


def test_a_review_says_so_once():
    """Also where the constraint is the equation of two rows itself."""
    assert [finding.kind for finding in ld.review(ld.LearningDiagram(GUESS), data=TWO_VALUES)] == ["inconsistent"]
    said = ld.Constraint("said", bits @ no_secret, no_secret @ bits)
    data = {"secrets": {"bits": [0, 1]}}
    assert [finding.kind for finding in ld.review(ld.LearningDiagram(said), data=data)] == ["inconsistent"]


def test_data_in_which_the_column_is_the_same_are_no_finding():
    assert constants(GUESS, data={"secrets": {"bits": [[0, 1], [0, 1]]}}) == []
    assert constants(GUESS, data={"secrets": {"bits": [[0, 1]]}}) == []


def test_one_constraint_of_two_proves_nothing():
    assert constants(REVEAL) == constants(INVISIBLE) == []


def test_a_paired_column_is_not_forced():
    paired = covers.column("bits", secret)
    assert constants(ld.Constraint("fit", pix >> extract, paired), data={"covers": {"bits": [0, 1]}}) == []


@pytest.mark.parametrize(
    ("covered", "values", "found"),
    [
        ([True, False], ([0, 1, 2], [True, False, True]), ["first in rows 0 and 2: 0 and 2"]),
        ([True, True], ([0, 1, 0], [True, False, True]), []),
        ([False, False], ([0, 1, 2], [True, True, True]), []),  # the constraint is tested nowhere
    ],
)
def test_only_rows_in_which_the_constraint_is_tested_count(covered, values, found):
    data = {"covers": {"pix": ([5, 5], covered)}, "secrets": {"bits": values}}
    messages = constants(GUESS, data=data)
    assert len(messages) == len(found) and all(text in message for text, message in zip(found, messages, strict=True))


def test_a_sample_space_without_rows_proves_nothing():
    assert constants(GUESS, data={"covers": {"pix": []}, "secrets": {"bits": [0, 1]}}) == []


def test_what_a_frozen_box_makes_of_a_column_is_forced_and_the_column_is_not():
    parity = ld.Box("parity", secret, ld.Ty("bit"))
    guess = ld.Constraint(
        "parity", pix @ no_secret >> ld.Box("guess", image, ld.Ty("bit")), no_cover @ (bits >> parity)
    )
    (message,) = constants(guess, frozen=[parity])
    assert message.startswith("forced: constraint parity proves that bits >> parity is the same in all rows")
    assert constants(guess) == []  # a trained parity can be constant
    assert constants(guess, frozen=[parity], data={"secrets": {"bits": [1, 1]}}) == []
    both = constants(guess, GUESS, frozen=[parity])
    assert len(both) == 1 and "that bits is" in both[0]  # which says the same of its parity


def test_algebra_forces_the_labels_of_idempotents():
    """In a group only the unit is its own square, so that all logs are the unit and have one label."""
    x, number, logs = ld.Ty("x"), ld.Ty("number"), ld.SampleSpace("logs")
    log, one = logs.column("log", x), logs.column("one", number)
    times, unit, inverse = ld.Box("times", x @ x, x), ld.Box("e", ld.Ty(), x), ld.Box("inverse", x, x)
    axioms = {
        "unit": ld.Equation(x @ unit >> times, ld.Id(x)),
        "undo": ld.Equation(ld.Copy(x) @ x >> inverse @ times >> times, ld.Discard(x) @ x),
    }
    squares = ld.Constraint("idempotent", ld.Copy(x) >> times, ld.Id(x), over=log)
    read = ld.Constraint("read one", log >> ld.Box("read", x, number), one)
    data = {"logs": {"one": [1, 2, 3]}}
    messages = constants(squares, read, axioms=axioms, data=data)
    assert [message.split(":")[0] for message in messages] == ["forced", "inconsistent"]
    premises = "axioms undo, unit and constraints idempotent, read one"
    seen = "the data have different values, first in rows 0 and 1: 1 and 2"
    assert messages[1] == f"inconsistent: {premises} prove that one is the same in all rows of logs, but {seen}"
    assert constants(squares, read, axioms={"undo": axioms["undo"]}, data=data) == []


def test_two_draws_of_one_space_are_different_rows():
    """Each of two rows may be the turned value of the other one."""
    turn = ld.Box("turn", secret, secret)
    other = ld.Constraint("other", (bits >> turn) @ no_secret, no_secret @ bits)
    assert constants(other, data={"secrets": {"bits": [0, 1]}}) == []


def test_an_aim_of_a_game_forces_nothing():
    diagram = ld.LearningDiagram(GUESS, players={"reader": {"terms": ["guess"], "boxes": [extract]}})
    assert ld.review(diagram, data=TWO_VALUES) == []


@pytest.mark.parametrize("name", sorted(regimes.__all__))
def test_no_regime_forces_a_constant_and_no_search_is_needed_to_know(name):
    fixed = FixedSides(getattr(regimes, name)())
    assert not any(may_be_constant(column, [each.equation for each in fixed.premises]) for column in fixed.columns)


# Small diagrams whose boxes are functions of bits: every model can be tried.
x = ld.Ty("x")
P, Q = ld.SampleSpace("P"), ld.SampleSpace("Q")
COLUMNS = {"P": [P.column("a", x)], "Q": [Q.column("b", x), Q.column("c", x)]}
f, m = ld.Box("f", x, x), ld.Box("m", x @ x, x)
MODELS = [
    {"f": dict(zip([0, 1], f_values, strict=True)), "m": dict(zip(product([0, 1], repeat=2), m_values, strict=True))}
    for f_values in product([0, 1], repeat=2)
    for m_values in product([0, 1], repeat=4)
]


def term(rng, spaces, depth):
    """A term as nested tuples: a column of a draw, or f or m of terms."""
    kind = rng.choice(["column", "f", "m"]) if depth else "column"
    if kind == "column":
        draw = rng.randrange(len(spaces))
        return ("column", draw, rng.choice(COLUMNS[spaces[draw]]))
    return (kind, *(term(rng, spaces, depth - 1) for _ in range(1 if kind == "f" else 2)))


def diagram_of(spaces, tree):
    builder = PortGraphBuilder(ld.Ty().tensor(*(ld.SampleSpace(space).ty for space in spaces)))

    def wire(tree):
        if tree[0] == "column":
            return builder.add(tree[2], [tree[1]])[0]
        return builder.add(f if tree[0] == "f" else m, [wire(part) for part in tree[1:]])[0]

    return builder.build(x, [wire(tree)]).to_diagram()


def value(tree, draws, data, model):
    if tree[0] == "column":
        space = tree[2].space.name
        return data[space][tree[2].name][draws[tree[1]]]
    parts = [value(part, draws, data, model) for part in tree[1:]]
    return model["f"][parts[0]] if tree[0] == "f" else model["m"][tuple(parts)]


def cells(tree):
    return {(tree[1], tree[2])} if tree[0] == "column" else set().union(*map(cells, tree[1:]))


def is_exact(spaces, sides, data, absent, model):
    """Whether the sides are equal at all rows of the spaces, two draws of one space being different rows."""
    counts = [range(len(next(iter(data[space].values())))) for space in spaces]
    draws = permutations(counts[0], 2) if len(set(spaces)) < len(spaces) else product(*counts)
    read = set().union(*map(cells, sides))
    tested = (
        d for d in draws if not any(column.name in absent and d[draw] in absent[column.name] for draw, column in read)
    )
    return all(value(sides[0], d, data, model) == value(sides[1], d, data, model) for d in tested)


def random_case(rng):
    terms = []
    for _ in range(rng.choice([1, 2, 2, 3])):
        spaces = rng.choice([("P", "Q"), ("P", "Q"), ("Q", "Q"), ("P",), ("Q",)])
        terms.append((spaces, [term(rng, spaces, rng.choice([0, 1, 2])) for _ in range(2)]))
    constraints = [
        ld.Constraint(f"c{i}", *(diagram_of(spaces, side) for side in sides)) for i, (spaces, sides) in enumerate(terms)
    ]
    rows = rng.choice([2, 3])
    values = {
        space: {column.name: [rng.randrange(2) for _ in range(rows)] for column in own}
        for space, own in COLUMNS.items()
    }
    absent = {name: {rng.randrange(rows)} for name in "abc" if rng.random() < 0.2}
    return terms, ld.LearningDiagram(*constraints), values, absent


def reviewed(diagram, values, absent):
    data = {
        space: {
            name: (own, [row not in absent[name] for row in range(len(own))]) if name in absent else own
            for name, own in rows.items()
        }
        for space, rows in values.items()
    }
    return forced_constants(diagram, data, budget=60)


def test_where_a_model_is_exact_nothing_is_refuted():
    rng, exact, refuted = random.Random(3), 0, 0
    for _ in range(150):
        terms, diagram, values, absent = random_case(rng)
        found = any(finding.kind == "inconsistent" for finding in reviewed(diagram, values, absent))
        refuted += found
        if any(all(is_exact(*each, values, absent, model) for each in terms) for model in MODELS):
            exact += 1
            assert not found, (diagram.constraints, values, absent)
    assert exact > 20 and refuted > 20


def test_what_is_left_out_without_a_search_has_no_proof():
    rng, left_out, proved = random.Random(4), 0, 0
    for _ in range(30):
        fixed = FixedSides(random_case(rng)[1])
        for column in fixed.columns:
            goal = ld.Equation(column @ ld.Discard(column.dom), ld.Discard(column.dom) @ column)
            found = fixed.prove(goal, 60)
            if not may_be_constant(column, [each.equation for each in fixed.premises]):
                left_out += 1
                assert found is None
            proved += found is not None
    assert left_out > 10 and proved > 5
