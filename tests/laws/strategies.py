"""Hypothesis strategies: types, boxes, diagrams, diagrams that are equal by construction, and learning diagrams.

A diagram is made as a list of steps (offset, box), one box a layer, so that a test reads and rewrites it without the
library's own port graph.
"""

from discopy import markov, monoidal
from hypothesis import reject
from hypothesis import strategies as st

from learning_diagrams.composition.colimits import colimit
from learning_diagrams.composition.congruence import Congruence
from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.editing.supports import support
from learning_diagrams.editing.symbol import GENERATORS
from learning_diagrams.errors import DuplicateName, TypeMismatch
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation

ATOMS = "xyz"
KINDS = {"f": Box, "k": Kernel, "p": markov.Box}
WIDEST = 5


def types(min_size=0, max_size=3):
    return st.lists(st.sampled_from(ATOMS), min_size=min_size, max_size=max_size).map(lambda names: Ty(*names))


def make_box(kind, number, dom, cod):
    """One name is one thing: the name spells kind, number and type."""
    names = ("".join(ob.name for ob in ty.inside) for ty in (dom, cod))
    return KINDS[kind]("_".join((f"{kind}{number}", *names)), dom, cod)


def boxes(dom=None, cod=None, kinds="fkp"):
    """Functions (f), kernels (k) and plain DisCoPy boxes (p), some without inputs or outputs."""
    some = st.one_of(types(min_size=1, max_size=1), types(max_size=2))
    ends = (some if ty is None else st.just(ty) for ty in (dom, cod))
    return st.builds(make_box, st.sampled_from(kinds), st.integers(0, 1), *ends)


# Diagrams as steps.


def steps_of(diagram):
    """The boxes of a diagram with the number of wires to their left, read layer by layer."""
    steps = []
    for layer in diagram.inside:
        offset = 0
        for i, part in enumerate(layer.boxes_or_types):
            if i % 2:
                steps.append((offset, part))
            offset += len(part.cod if i % 2 else part)
    return steps


def scan_after(dom, steps):
    """The objects on the wires after some steps."""
    scan = list(dom.inside)
    for offset, box in steps:
        scan[offset : offset + len(box.dom)] = box.cod.inside
    return scan


def compose(dom, steps):
    """The diagram of some steps, one layer each."""
    scan, layers = list(dom.inside), []
    for offset, box in steps:
        after = offset + len(box.dom)
        assert tuple(scan[offset:after]) == box.dom.inside, "a box meets its domain"
        layers.append(monoidal.Layer(Ty(*scan[:offset]), box, Ty(*scan[after:])))
        scan[offset:after] = box.cod.inside
    return markov.Diagram(tuple(layers), dom, Ty(*scan), _scan=False)


def wiring(dom, picks):
    """The diagram of copies, discards and swaps whose i-th output is the input number picks[i]."""
    steps, scan = [], []
    for i, ob in enumerate(dom.inside):
        if picks.count(i) != 1:
            steps.append((len(scan), markov.Copy(Ty(ob), picks.count(i))))
        scan += [i] * picks.count(i)
    for target, wanted in enumerate(picks):
        for here in range(scan.index(wanted, target), target, -1):
            steps.append((here - 1, markov.Swap(dom[scan[here - 1]], dom[scan[here]])))
            scan[here - 1 : here + 1] = scan[here], scan[here - 1]
    return compose(dom, steps)


@st.composite
def diagrams(draw, dom=None, cod=None, max_size=6, kinds="fkp"):
    """A diagram of boxes, copies, discards and swaps; a given codomain is reached by wiring, and by boxes from I."""
    dom = draw(types()) if dom is None else dom
    steps, scan = [], list(dom.inside)
    for _ in range(draw(st.integers(0, max_size))):
        what = draw(st.sampled_from(("box", "box", "box", "copy", "swap")))
        width = min({"box": draw(st.integers(0, 2)), "copy": 1, "swap": 2}[what], len(scan))
        offset = draw(st.integers(0, len(scan) - width))
        here = Ty(*scan[offset : offset + width])
        if what == "copy" and width == 1:
            box = markov.Copy(here, draw(st.sampled_from((0, 2, 2, 3))))
        elif what == "swap" and width == 2:
            box = markov.Swap(here[0], here[1])
        else:
            box = draw(boxes(dom=here, kinds=kinds))
        if len(scan) + len(box.cod) - width <= WIDEST:
            steps.append((offset, box))
            scan[offset : offset + width] = box.cod.inside
            if len(box.cod) == 1 and len(scan) < WIDEST and draw(st.integers(0, 3)):  # shared three times out of four
                steps.append((offset, markov.Copy(box.cod, 2)))
                scan.insert(offset, scan[offset])
    if cod is None:
        return compose(dom, steps)
    for ob in cod.inside:
        if ob not in scan:
            steps.append((len(scan), draw(boxes(dom=Ty(), cod=Ty(ob), kinds=kinds))))
            scan.append(ob)
    picks = [draw(st.sampled_from([i for i, own in enumerate(scan) if own == ob])) for ob in cod.inside]
    return compose(dom, steps) >> wiring(Ty(*scan), picks)


# Moves: each rewrites steps into steps of an equal diagram, or leaves them where it does not apply.


def _paste(steps, start, end, offset, diagram):
    return steps[:start] + [(offset + own, box) for own, box in steps_of(diagram)] + steps[end:]


def _place(draw, dom, steps, width):
    """A cut of the diagram, and some neighbouring wires there (None if there are too few)."""
    cut = draw(st.integers(0, len(steps)))
    scan = scan_after(dom, steps[:cut])
    if len(scan) < width:
        return cut, 0, None
    offset = draw(st.integers(0, len(scan) - width))
    return cut, offset, Ty(*scan[offset : offset + width])


def interchange(draw, dom, steps):
    """Two neighbouring boxes that share no wire change their order."""
    i = draw(st.integers(0, max(0, len(steps) - 2)))
    if len(steps) < 2:
        return steps
    (left, f), (right, g) = steps[i : i + 2]
    if right >= left + len(f.cod):
        return [*steps[:i], (right - len(f.cod) + len(f.dom), g), (left, f), *steps[i + 2 :]]
    if left >= right + len(g.dom):
        return [*steps[:i], (right, g), (left - len(g.dom) + len(g.cod), f), *steps[i + 2 :]]
    return steps


def slide(draw, dom, steps):
    """A box slides through the wire to its right."""
    i = draw(st.integers(0, max(0, len(steps) - 1)))
    offset, box = steps[i] if steps else (0, None)
    scan = scan_after(dom, steps[:i])
    if box is None or offset + len(box.dom) >= len(scan):
        return steps
    z = Ty(scan[offset + len(box.dom)])
    return _paste(steps, i, i + 1, offset, Swap(box.dom, z) >> z @ box >> Swap(z, box.cod))


def swap_twice(draw, dom, steps):
    cut, offset, here = _place(draw, dom, steps, 2)
    return steps if here is None else _paste(steps, cut, cut, offset, Swap(here[0], here[1]) >> Swap(here[1], here[0]))


def _is_copied(steps, i):
    """Whether the next step copies the only output of this one."""
    return i + 1 < len(steps) and isinstance(steps[i + 1][1], markov.Copy) and (
        steps[i + 1][0] == steps[i][0] and steps[i + 1][1].dom == steps[i][1].cod
    )  # fmt: skip


def duplicate(draw, dom, steps, of=Box):
    """A deterministic box is applied to copies of its inputs: once for each use, or a second time for nothing."""
    places = [i for i, (_, box) in enumerate(steps) if isinstance(box, of) and not isinstance(box, markov.Copy)]
    places = [i for i in places if _is_copied(steps, i)] or places
    if not places:
        return steps
    i = draw(st.sampled_from(places))
    offset, box = steps[i]
    if _is_copied(steps, i):
        n = len(steps[i + 1][1].cod)
        return _paste(steps, i, i + 2, offset, Copy(box.dom, n) >> Id(Ty()).tensor(*[box] * n))
    return _paste(steps, i, i + 1, offset, Copy(box.dom) >> box @ box >> box.cod @ Discard(box.cod))


def draw_again(draw, dom, steps):
    """No equality: the same for any box, so that one draw of a kernel becomes several."""
    return duplicate(draw, dom, steps, of=markov.Box)


def dead_code(draw, dom, steps):
    """A box is applied to copies, and what it makes is discarded."""
    cut, offset, here = _place(draw, dom, steps, draw(st.integers(0, 2)))
    if here is None:
        return steps
    box = draw(boxes(dom=here))
    return _paste(steps, cut, cut, offset, Copy(here) >> here @ box >> here @ Discard(box.cod))


def copy_then_discard(draw, dom, steps):
    cut, offset, x = _place(draw, dom, steps, 1)
    if x is None:
        return steps
    counit = draw(st.sampled_from((lambda: x @ Discard(x), lambda: Discard(x) @ x)))
    return _paste(steps, cut, cut, offset, Copy(x) >> counit())


MOVES = (interchange, slide, swap_twice, duplicate, dead_code, copy_then_discard)


@st.composite
def equal_pairs(draw, of=None, max_moves=6, moves=MOVES):
    """A diagram, and an equal one: some moves away."""
    diagram = draw(diagrams() if of is None else of)
    steps = steps_of(diagram)
    for _ in range(draw(st.integers(1, max_moves))):
        steps = draw(st.sampled_from(moves))(draw, diagram.dom, steps)
    return diagram, compose(diagram.dom, steps)


# Presentations.

ROWS = SampleSpace("rows")


def columns(ty):
    """The diagram rows → ty that reads one column for each object."""
    return Copy(ROWS.ty, len(ty)) >> Id(Ty()).tensor(*(ROWS.column(f"{ob.name}_column", Ty(ob)) for ob in ty.inside))


@st.composite
def parallel_pairs(draw, min_cod=0, max_size=4):
    dom, cod = draw(types(max_size=2)), draw(types(min_size=min_cod, max_size=2))
    return tuple(draw(diagrams(dom=dom, cod=cod, max_size=max_size)) for _ in range(2))


@st.composite
def constraints(draw, name="c"):
    """A constraint tested over columns, point by point, or in law."""
    lhs, rhs = draw(parallel_pairs(min_cod=1))
    source = columns(lhs.dom)
    measure = st.one_of(st.just("kl"), st.fixed_dictionaries({"name": st.just("kl"), "temperature": st.floats(0.1, 9)}))
    options = {
        "weight": draw(st.floats(0, 1e6)),
        "divergence": draw(st.one_of(st.none(), measure, st.tuples(*[measure] * len(lhs.cod)))),
    }
    match draw(st.sampled_from(("over", "pointwise", "in law"))):
        case "over":
            return Constraint(name, lhs, rhs, over=source, **options)
        case "pointwise":
            return Constraint(name, source >> lhs, source >> rhs, **options)
        case _:
            return Constraint(name, ROWS.state >> source >> lhs, ROWS.state >> source >> rhs, **options)


@st.composite
def learning_diagrams(draw):
    drawn = [draw(constraints(name)) for name in draw(st.lists(st.text(max_size=4), max_size=3, unique=True))]
    axioms = {f"axiom {i}": Equation(*draw(parallel_pairs())) for i in range(draw(st.integers(0, 2)))}
    diagram = LearningDiagram(*drawn, axioms=axioms, name=draw(st.text(max_size=4)))
    return diagram.freeze(*(box for box in diagram.boxes if draw(st.booleans())))


# Small learning diagrams over a few boxes, with all that one can say of them, to be glued.


@st.composite
def small_learning_diagrams(draw, names="cde"):
    """Up to three constraints of short sides, an axiom, frozen and detached boxes, an average, a player."""
    pool = [make_box(kind, n, Ty(a), Ty(b)) for kind in "fk" for n in (0, 1) for a in "xy" for b in "xy"]

    def path(dom, size):
        """A path of boxes, and where it ends."""
        taken = []
        for _ in range(size):
            box = draw(st.sampled_from([box for box in pool if box.dom == dom]))
            taken.append(box)
            dom = box.cod
        return taken, dom

    drawn = []
    for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True)):
        start = Ty(draw(st.sampled_from("xy")))
        space = SampleSpace(draw(st.sampled_from(("rows", "more rows"))))
        source = space.column(draw(st.sampled_from("pq")) + str(start), start)
        taken, end = path(start, draw(st.integers(0, 2)))
        other, other_end = path(start, 1)
        back = [box for box in pool if (box.dom, box.cod) == (other_end, end)][: int(other_end != end)]
        lhs, rhs = (Id(start).then(*side) for side in (taken, other + back))
        detach = draw(st.sampled_from(((), "lhs", *other)))
        options = {"weight": draw(st.sampled_from((1.0, 0.5))), "detach": detach}
        over = draw(st.booleans())
        drawn.append(
            Constraint(name, lhs, rhs, over=source, **options)
            if over
            else Constraint(name, source >> lhs, source >> rhs, **options)
        )
    f, g = (make_box("f", n, Ty("x"), Ty("x")) for n in (0, 1))
    axioms = {name: Equation(f >> g, side) for name, side in (("undo", Id(f.dom)), ("same", f)) if draw(st.booleans())}
    bare = LearningDiagram(*drawn, axioms=axioms, name=draw(st.sampled_from(("", "regime"))))
    frozen = [box for box in bare.boxes if not draw(st.integers(0, 3))]
    ema = {}
    pairs = [(a, b) for a in bare.boxes for b in bare.boxes if a != b and type(a) is type(b)]
    alike = [(a, b) for a, b in pairs if (a.dom, a.cod) == (b.dom, b.cod)]
    if alike and draw(st.booleans()):
        target, source = draw(st.sampled_from(alike))
        ema = {target: (source, draw(st.sampled_from((0.5, 0.9))))}
    players = {}
    movable = {c.name: sorted(c.boxes) for c in drawn if c.boxes}
    if movable and draw(st.booleans()):
        term = draw(st.sampled_from(sorted(movable)))
        factor = draw(st.sampled_from((1.0, -1.0)))
        players = {draw(st.sampled_from("uv")): {"terms": {term: factor}, "boxes": movable[term]}}
    return LearningDiagram(*drawn, axioms=axioms, frozen=frozen, ema=ema, players=players, name=bare.name)


@st.composite
def gluings(draw, diagrams, most=3):
    """Pairs of things of these diagrams, by label, that can be glued."""
    nodes = [(at, thing) for at, diagram in diagrams.items() for thing in support(diagram) if thing.kind in GENERATORS]
    chosen = []
    for _ in range(draw(st.integers(0, most)) if nodes else 0):
        first = draw(st.sampled_from(nodes))
        second = draw(st.sampled_from([node for node in nodes if node[1].kind == first[1].kind]))
        trial = Congruence(diagrams)
        try:
            for pair in [*chosen, [first, second]]:
                trial.glue(*pair)
            trial.require_asked()
        except TypeMismatch:
            continue
        chosen.append([first, second])
    return chosen


def glue_or_reject(diagrams, gluing):
    """The colimit; what makes a name that is taken, or a box of two players, is drawn anew."""
    try:
        return colimit(diagrams, gluing)
    except DuplicateName:
        reject()
