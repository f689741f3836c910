"""Equality in three theories: the classic laws by name, a second decider, both on random pairs, and bad input."""

import os
import random
import subprocess
import sys

import pytest
from discopy import markov, monoidal, symmetric
from hypothesis import given, settings
from hypothesis import strategies as st

import exact_model
import learning_diagrams as ld
import second_decider
import strategies
from learning_diagrams.diagrams.port_graph import PortGraph

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
f, g, k = ld.Box("f", x, x), ld.Box("g", x, y), ld.Kernel("k", x, x)
cup, cap, scalar = ld.Kernel("cup", unit, x @ x), ld.Kernel("cap", x @ x, unit), ld.Kernel("scalar", unit, unit)
other = ld.Kernel("other", unit, unit)
THEORIES = ("symmetric", "markov", "cartesian")
ONLY_SYMMETRIC = (strategies.interchange, strategies.slide, strategies.swap_twice)
MOVES = {
    "symmetric": ONLY_SYMMETRIC,
    "markov": strategies.MOVES,
    "cartesian": (*strategies.MOVES, strategies.draw_again),
}


def holds(lhs, rhs):
    """In which theories two diagrams are equal; symmetric where both belong to it."""
    result = []
    for theory in THEORIES:
        try:
            equal = ld.equal(lhs, rhs, theory)
        except ld.TypeMismatch:
            continue
        if equal:
            result.append(theory)
    return result


def cycle(n):
    """A closed component of n cups and n caps in a ring."""
    arguments = [()] * n + [(2 * i + 1, (2 * i + 2) % (2 * n)) for i in range(n)]
    return PortGraph(unit, unit, (cup,) * n + (cap,) * n, tuple(arguments), ()).to_diagram()


LAWS = {
    "interchange": (f @ x >> x @ k, x @ k >> f @ x, "symmetric markov cartesian"),
    "Yang–Baxter": (
        ld.Swap(x, y) @ x >> y @ ld.Swap(x, x) >> ld.Swap(y, x) @ x,
        x @ ld.Swap(y, x) >> ld.Swap(x, x) @ y >> x @ ld.Swap(x, y),
        "symmetric markov cartesian",
    ),
    "naturality of swap": (f @ g >> ld.Swap(x, y), ld.Swap(x, x) >> g @ f, "symmetric markov cartesian"),
    "coassociativity": (ld.Copy(x) >> ld.Copy(x) @ x, ld.Copy(x) >> x @ ld.Copy(x), "markov cartesian"),
    "counit": (ld.Copy(x) >> x @ ld.Discard(x), ld.Id(x), "markov cartesian"),
    "cocommutativity": (ld.Copy(x) >> ld.Swap(x, x), ld.Copy(x), "markov cartesian"),
    "discarding": (k >> ld.Discard(x), ld.Discard(x), "markov cartesian"),
    "copying a kernel": (k >> ld.Copy(x), ld.Copy(x) >> k @ k, "cartesian"),
    "copying a function": (f >> ld.Copy(x), ld.Copy(x) >> f @ f, "markov cartesian"),
    "C3 + C3 is not C6": (cycle(3) @ cycle(3), cycle(6), "markov cartesian"),
    "C2 + C4 is C4 + C2": (cycle(2) @ cycle(4), cycle(4) @ cycle(2), "symmetric markov cartesian"),
    "Eckmann–Hilton": (scalar @ cup >> x @ x @ scalar, cup >> x @ x @ scalar @ scalar, "symmetric markov cartesian"),
    "scalars are counted": (scalar, ld.Id(unit), "markov cartesian"),
    "effects are counted": (cap, ld.Discard(x @ x), "markov cartesian"),
    "effects without discards": (cap @ cap, ld.Swap(x @ x, x @ x) >> cap @ cap, "symmetric markov cartesian"),
    "copying nothing": (ld.Copy(unit), ld.Id(unit), "symmetric markov cartesian"),
    "a copy with one leg": (ld.Copy(x, 1), ld.Id(x), "symmetric markov cartesian"),
    "a copy without legs": (ld.Copy(x, 0), ld.Discard(x), "markov cartesian"),
    "scalars commute": (scalar @ other, other >> scalar, "symmetric markov cartesian"),
    "a swap with nothing": (ld.Swap(x, unit), ld.Id(x), "symmetric markov cartesian"),
    "the empty type": (ld.Id(unit), ld.Id(unit) @ ld.Id(unit), "symmetric markov cartesian"),
    "order of arguments": (ld.Swap(x, x) >> cap, cap, "markov cartesian"),
    "another box": (f, k, ""),
}


@pytest.mark.parametrize("law", LAWS)
def test_laws_by_name(law):
    lhs, rhs, theories = LAWS[law]
    assert holds(lhs, rhs) == theories.split() == holds(rhs, lhs)


def another_box(draw, dom, steps):
    """A box becomes another box of its type."""
    places = [i for i, (_, box) in enumerate(steps) if type(box) in (ld.Box, ld.Kernel, markov.Box)]
    if not places:
        return steps
    i = draw(st.sampled_from(places))
    offset, box = steps[i]
    other = draw(strategies.boxes(dom=box.dom, cod=box.cod).filter(lambda other: other.name != box.name))
    return [*steps[:i], (offset, other), *steps[i + 1 :]]


def crossed(draw, dom, steps):
    """Two neighbouring wires of the same type change places."""
    cut = draw(st.integers(0, len(steps)))
    scan = strategies.scan_after(dom, steps[:cut])
    places = [i for i in range(len(scan) - 1) if scan[i] == scan[i + 1]]
    if not places:
        return steps
    i = draw(st.sampled_from(places))
    return [*steps[:cut], (i, markov.Swap(ld.Ty(scan[i]), ld.Ty(scan[i]))), *steps[cut:]]


EDITS = {
    "symmetric": (another_box, crossed),
    "markov": (another_box, crossed, strategies.draw_again),
    "cartesian": (another_box, crossed),
}


@st.composite
def pairs(draw, theory):
    """A diagram, and the result of some moves of the theory; for half of the pairs, the moves follow random edits."""
    diagram = edited = draw(without_copies() if theory == "symmetric" else strategies.diagrams())
    for _ in range(6 * draw(st.booleans())):  # an edit of discarded boxes changes nothing
        edit = draw(st.sampled_from(EDITS[theory]))
        edited = strategies.compose(diagram.dom, edit(draw, diagram.dom, strategies.steps_of(diagram)))
        if not second_decider.equal(diagram, edited, theory):
            break
    _, moved = draw(strategies.equal_pairs(of=st.just(edited), moves=MOVES[theory]))
    return (diagram, moved) if draw(st.booleans()) else (moved, diagram)


@st.composite
def without_copies(draw):
    """A diagram of boxes and swaps; closed components and scalars among them."""
    dom = draw(strategies.types())
    steps, scan = [], list(dom.inside)
    for _ in range(draw(st.integers(0, 6))):
        width = draw(st.integers(0, min(2, len(scan))))
        offset = draw(st.integers(0, len(scan) - width))
        here = ld.Ty(*scan[offset : offset + width])
        box = draw(strategies.boxes(dom=here))
        if width == 2 and draw(st.booleans()):
            box = markov.Swap(here[0], here[1])
        if len(scan) + len(box.cod) - width <= strategies.WIDEST:
            steps.append((offset, box))
            scan[offset : offset + width] = box.cod.inside
    return strategies.compose(dom, steps)


def agree(theory, pair, seed):
    """Both deciders, the digests and exact models say the same."""
    lhs, rhs = pair
    answer = ld.equal(lhs, rhs, theory)
    assert answer == second_decider.equal(lhs, rhs, theory)
    assert answer == (ld.digest(lhs, theory) == ld.digest(rhs, theory))
    evidence = ld.equal(lhs, rhs, theory, evidence=True)
    assert bool(evidence) == answer and (evidence.model is None) == answer
    if answer:
        model = exact_model.RandomModel(seed, theory)
        inputs = model.inputs(lhs.dom)
        assert exact_model.evaluate(lhs, model, inputs) == exact_model.evaluate(rhs, model, inputs)
    else:
        model = evidence.model
        weights = [exact_model.evaluate(side, model, model.inputs)[model.outcome] for side in pair]
        assert weights == [evidence.lhs, evidence.rhs] and weights[0] != weights[1]
        assert str(evidence).startswith(f"not equal in the theory {theory}")


@pytest.mark.parametrize("theory", THEORIES)
def test_two_deciders_and_exact_models_agree(theory):
    settings(max_examples=50)(given(pairs(theory), st.integers(0, 99))(lambda p, seed: agree(theory, p, seed)))()


@pytest.mark.thorough
@pytest.mark.parametrize("theory", THEORIES)
def test_two_deciders_and_exact_models_agree_on_20_000_pairs(theory):
    settings(max_examples=20_000)(given(pairs(theory), st.integers(0, 99))(lambda p, seed: agree(theory, p, seed)))()


@pytest.mark.parametrize("theory", THEORIES)
@given(data=st.data())
def test_moves_of_a_theory_keep_equality(theory, data):
    diagram = data.draw(without_copies() if theory == "symmetric" else strategies.diagrams())
    assert ld.equal(*data.draw(strategies.equal_pairs(of=st.just(diagram), moves=MOVES[theory])), theory)


def test_closed_components_of_random_shape():
    """Rings of cups and caps, wired at random: against isomorphism by networkx."""
    generator = random.Random(0)

    def closed(n):
        ends = list(range(2 * n))
        generator.shuffle(ends)
        arguments = [()] * n + [tuple(ends[2 * i : 2 * i + 2]) for i in range(n)]
        return PortGraph(unit, unit, (cup,) * n + (cap,) * n, tuple(arguments), ()).to_diagram()

    answers = []
    for _ in range(150):
        lhs, rhs = closed(4), closed(4)
        answers.append(ld.equal(lhs, rhs, "symmetric"))
        agree("symmetric", (lhs, rhs), seed=0)
    assert {True, False} == set(answers)


# ---- whose diagrams, and which boxes are deterministic ---------------------------------------------------------------


def test_boxes_of_discopy_are_kernels_until_said_otherwise():
    b = markov.Box("b", x, x)
    lhs, rhs = b >> ld.Copy(x), ld.Copy(x) >> b @ b
    assert not ld.equal(lhs, rhs)
    assert ld.equal(lhs, rhs, deterministic=[b]) and ld.equal(lhs, rhs, deterministic=["b"])
    assert ld.equal(lhs, rhs, deterministic=iter([b, markov.Box("other", x, x)]))
    assert ld.digest(lhs, deterministic=iter(["b"])) == ld.digest(rhs, deterministic=["b"]) != ld.digest(rhs)


def test_symmetric_diagrams_of_discopy_are_read():
    a, b = (symmetric.Box(name, monoidal.Ty("x"), monoidal.Ty("x")) for name in "ab")
    assert ld.equal(a @ b, a @ monoidal.Ty("x") >> monoidal.Ty("x") @ b, "symmetric")
    assert not ld.equal(a >> b, b >> a, "symmetric")


# ---- digests ---------------------------------------------------------------------------------------------------------

GOLDEN = ["6c8bd75ab4516bd8", "25929795d073ba6f", "25929795d073ba6f"]
PROGRAM = """
import learning_diagrams as ld
x, unit = ld.Ty("x"), ld.Ty()
f, k = ld.Box("f", x, x), ld.Kernel("k", x, x)
ring = ld.Kernel("cup", unit, x @ x) >> k @ f >> ld.Kernel("cap", x @ x, unit)
print(*(ld.digest(f @ k @ ring >> ld.Swap(x, x), theory)[:16] for theory in ("symmetric", "markov", "cartesian")))
"""


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_digests_are_the_same_in_every_process_and_from_version_to_version(seed):
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == GOLDEN


# ---- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "theory", [pytest.param(theory, marks=[pytest.mark.thorough] * (theory != "markov")) for theory in THEORIES]
)
def test_a_chain_of_100_000_boxes_passes(theory):
    layers = [monoidal.Layer(unit, box, unit) for box in (f, k)]
    chain, longer = (markov.Diagram((*layers * 50_000, *more), x, x, _scan=False) for more in ((), layers))
    assert ld.equal(chain, chain, theory) and not ld.equal(chain, longer, theory)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("theory", THEORIES)
def test_evidence_for_long_diagrams(theory):
    """Its weights have ten thousand digits, and it prints in a few lines."""
    step = monoidal.Layer(unit, k, x)
    sides = [
        markov.Diagram((step,) * 30_000 + (monoidal.Layer(x, box, unit),), x @ x, x @ x, _scan=False) for box in (f, k)
    ]
    evidence = ld.equal(*sides, theory, evidence=True)
    assert not evidence and evidence.lhs and not evidence.rhs
    assert len(str(evidence).splitlines()) < 20 and len(str(evidence)) < 3_000


def test_a_shared_term_with_2_to_the_40_leaves():
    m = ld.Box("m", x @ x, x)
    shared = ld.Id(x).then(*[step for _ in range(40) for step in (ld.Copy(x), m)])
    apart = ld.Id(x).then(*[step for _ in range(40) for step in (ld.Copy(x), ld.Swap(x, x), m)])
    assert ld.equal(shared, apart) and not ld.equal(shared, shared >> f)


# ---- bad input -------------------------------------------------------------------------------------------------------

BAD = {
    "Copy has no meaning in a symmetric": lambda: ld.equal(ld.Copy(x), ld.Copy(x), "symmetric"),
    "Discard has no meaning in a symmetric": lambda: ld.equal(ld.Discard(x), ld.Discard(x), "symmetric"),
    "only parallel diagrams": lambda: ld.equal(f, g),
    "theory must be one of": lambda: ld.equal(f, f, "braided"),
    "expected a diagram, got the type x; write Id.x. for the identity": lambda: ld.equal(x, f),
    "deterministic= takes a list": lambda: ld.equal(f, f, deterministic="f"),
    r"names, got the diagram f$": lambda: ld.equal(f, f, deterministic=f),
    "names 'ff', and no box has it; did you mean 'f'": lambda: ld.equal(f, f, deterministic=["ff"]),
    "did you mean 'g'": lambda: ld.digest(g, deterministic=["gg"]),
    "must be hashable": lambda: ld.equal(markov.Box("b", x, x, data=[1]), markov.Box("b", x, x, data=[1])),
    "Trace has no meaning": lambda: ld.equal(markov.Box("t", x @ y, x @ y).trace(), f),
    "Sum has no meaning": lambda: ld.equal(f + f, f),
    "Bubble has no meaning": lambda: ld.equal(f, f.bubble(), "cartesian"),
    "Merge has no meaning": lambda: ld.equal(markov.Merge(x, 2), cap, "symmetric"),
    "deterministic= takes a list of boxes or names": lambda: ld.equal(f, f, deterministic=[x]),
    "which has no digest": lambda: ld.digest(markov.Box("b", x, x, data=frozenset()), "symmetric"),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_a_typed_error(message):
    with pytest.raises(ld.LearningDiagramError, match=message):
        BAD[message]()
