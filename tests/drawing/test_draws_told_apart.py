"""The loss in one line tells draws apart: equal texts are equal values, and another mark is another draw."""

import random
import re
import time
from itertools import combinations

import pytest

import learning_diagrams as ld
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraphBuilder
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.label import phrase, read_label
from learning_diagrams.drawing.elements.look import looks_of
from learning_diagrams.drawing.page.draws import draw_marks
from learning_diagrams.drawing.page.loss_text import _term
from learning_diagrams.drawing.tex.letters import in_latex

x = ld.Ty("x")
space = ld.SampleSpace("rows")
rows, at, b = space.ty, space.column("at", x), space.column("b", x)
f, g, zero = ld.Box("f", x, x), ld.Box("g", x @ x, x), ld.Box("zero", ld.Ty(), x)
pair = ld.Box("pair", x, x @ x)
k, two, coin = ld.Kernel("k", x, x), ld.Kernel("two", x, x @ x), ld.Kernel("coin", ld.Ty(), x)
copy = ld.Copy(x)


def line(constraint, **options):
    looks = looks_of(ld.LearningDiagram(constraint, **options))
    return "".join(word.text for word in _term(constraint, looks))


@pytest.mark.parametrize(
    ("lhs", "rhs", "over", "text"),
    [
        (at >> copy >> k @ k >> g, at >> k >> copy >> g, None, "D( g(k(at), k(at)) ‖ g(k(at)′, k(at)″) )"),
        (coin @ coin, coin >> copy, None, "D( coin, coin ‖ coin, coin′ )"),
        (coin @ coin >> g, coin >> copy >> g, None, "D in law( g(coin, coin) ‖ g(coin, coin′) )"),
        (at >> k >> f, at >> k >> f, None, "D( f(k(at)) ‖ f(k(at)′) )"),  # two views
        (f, f, at >> k, "D( f(k(at)) ‖ f(k(at)) )"),  # one view
        (copy >> k @ k >> g, k >> copy >> g, at >> k, "D( g(k(k(at)), k(k(at))) ‖ g(k(k(at))′, k(k(at))″) )"),
        (k, k, at, "D( k(at) ‖ k(at) )"),  # two equal distributions
        (k, k >> k, at, "D( k(k(at)) ‖ k(at) )"),
        (copy >> (k >> f) @ k, k >> copy >> f @ x, at, "D( f(k(at)), k(at) ‖ f(k(at)′), k(at)″ )"),
        (at @ b >> g, at @ at >> g, None, "D( g(at, at′) ‖ g(at, b′) )"),
        (at @ b >> g, ld.Swap(rows, rows) >> at @ b >> g, None, "D( g(at, b′) ‖ g(at′, b) )"),
        (ld.Swap(rows, rows), ld.Id(rows @ rows), None, "D( rows, rows′ ‖ rows′, rows )"),
        (space.state >> at, space.state >> b, None, "D in law( b ‖ at )"),
        (
            (space.state >> at) @ (space.state >> b), space.state >> ld.Copy(rows) >> at @ b, None,
            "D in law( at, b ‖ at, b′ )",
        ),
        (two >> g, copy >> two @ two >> g @ g >> g, at,
         "D( g(g(two(at)₁, two(at)₂), g(two(at)′₁, two(at)′₂)) ‖ g(two(at)″₁, two(at)″₂) )"),
    ],
)  # fmt: skip
def test_lines(lhs, rhs, over, text):
    assert line(ld.Constraint("told", lhs, rhs, over=over)) == text


def test_the_symbol_of_the_author_bears_the_mark():
    told = ld.Constraint("told", coin @ coin >> g, zero)
    assert line(told, notation={"coin": r"c_\theta"}).endswith("g(cθ, cθ′) )")


@pytest.mark.parametrize(("name", "notation"), [("coin′", {}), ("other", {"other": "coin'"}), ("coin⁽⁴⁾", {})])
def test_a_second_draw_is_no_box_whose_name_has_a_prime(name, notation):
    primed = ld.Kernel(name, ld.Ty(), x)
    shown = line(ld.Constraint("told", coin @ coin @ primed @ primed >> g @ g >> g, zero), notation=notation)
    symbol = "coin′" if notation else name
    assert shown == f"D in law( zero ‖ g(g(coin, (coin)′), g({symbol}, ({symbol})′)) )"


def test_a_symbol_without_a_mark_stays_as_it_is():
    label = read_label(r"\hat{f}_\theta")  # programs do not agree on where text goes on after an empty piece
    assert phrase(label, "").pieces == label.pieces


def test_the_marks_go_on_after_three_primes():
    many = ld.Box("many", x**6, x)
    told = ld.Constraint("told", at >> ld.Copy(x, 6) >> k @ k @ k @ k @ k @ k >> many, at)
    assert line(told) == "D( at ‖ many(k(at), k(at)′, k(at)″, k(at)‴, k(at)⁽⁴⁾, k(at)⁽⁵⁾) )"


def test_a_chain_of_thousands_of_draws_takes_no_recursion():
    start = time.perf_counter()
    chain = at.then(*[copy >> k @ x >> g] * 3000)
    marks, _ = draw_marks(ld.Constraint("told", chain, at))
    assert set(marks.boxes) == {""} and time.perf_counter() - start < 20


@pytest.mark.parametrize("letter", "′″‴⁽⁾⁰¹²³⁴⁵⁶⁷⁸⁹")
def test_font_and_tex_have_the_letters_of_the_marks(letter):
    assert 0 < text_width(letter, 14) < 14 and 0 < text_width(letter, 14, bold=True) < 14
    assert in_latex(letter).startswith("$") and "ldletter" not in in_latex(letter)


# ---- a brute-force reading of the line -------------------------------------------------------------------------------


def random_graph(chance, dom, boxes, outputs):
    """Some boxes on arbitrary wires, each of which may be used again; a tree of g reads most of them."""
    builder = PortGraphBuilder(dom)
    here = [(wire, dom[i : i + 1]) for i, wire in enumerate(builder.inputs)]
    for box in boxes:
        choices = [[wire for wire, ty in here if ty == box.dom[i : i + 1]] for i in range(len(box.dom))]
        if all(choices):
            wires = builder.add(box, [chance.choice(options[:2]) for options in choices])
            here += [(wire, box.cod[i : i + 1]) for i, wire in enumerate(wires)]
    ends = [wire for wire, ty in here if ty == x]
    chosen = [chance.choice(ends) for _ in range(outputs)]
    for wire in chance.sample(ends, chance.randint(0, len(ends))):
        chosen[0] = builder.add(g, [chosen[0], wire])[0]
    return builder.build(x**outputs, chosen).to_diagram()


def random_constraint(chance):
    kind = chance.choice(["over", "pointwise", "in law"])
    inner = [*chance.sample([f, g, k, two, coin, pair], 2), k]
    outputs, over = chance.choice([1, 1, 2]), None
    if kind == "in law":
        dom, start = ld.Ty(), chance.choice([[coin, coin], [space.state, space.state, at, b, at]])
    elif kind == "pointwise":
        dom, start = chance.choice([rows, rows @ rows]), [at, b, at]
    else:
        dom, start = x @ x, []
        over = random_graph(chance, chance.choice([rows, rows @ rows]), [at, b, at, *chance.sample(inner, 2)], 2)
    lhs, rhs = (random_graph(chance, dom, [*start, *chance.choices(inner, k=6)], outputs) for _ in range(2))
    return ld.Constraint("told", lhs, rhs, over=over)


def expanded(graph, side, shared):
    """For each output its value as a tree (name, draw, port, arguments), and a node for each input."""
    values = [("rows", ("input", i), 0, ()) for i in range(len(graph.dom))]
    for i, (box, arguments, outputs) in enumerate(graph.applications()):
        draw = None if is_deterministic(box) else ("over", i) if i < shared else (side, i)
        inner = tuple(values[wire] for wire in arguments)
        values += [(box.name, draw, port, inner) for port in range(len(outputs))]
    return [values[wire] for wire in graph.outputs]


def read(text):
    """A list of applications as a list of trees (text, arguments)."""
    trees, rest = [], text
    while rest:
        name = re.match(r"\w+", rest)[0].rstrip("₁₂")
        end, arguments = len(name), []
        if rest[end : end + 1] == "(":
            depth, start = 1, end + 1
            end = start
            while depth:
                depth += {"(": 1, ")": -1}.get(rest[end], 0)
                end += 1
            arguments = read(rest[start : end - 1])
        end += len(re.match(r"(?:[′″‴]|⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾)?[₁₂]?", rest[end:])[0])
        trees.append((rest[:end], arguments))
        assert rest[end : end + 2] in (", ", ""), rest
        rest = rest[end + 2 :]
    return trees


def nodes(tree, value, side, is_end=True):
    """Each text with the value that it stands for; a column shows no argument."""
    (text, inner), (name, _, _, arguments) = tree, value
    assert re.match(rf"{name}\b|{name}[′″‴⁽₁₂]", text)
    yield text, value, side, is_end
    if name not in ("at", "b"):
        assert len(inner) == len(arguments)
        for part, argument in zip(inner, arguments, strict=True):
            yield from nodes(part, argument, side, is_end=False)


def mistakes(constraint, text):
    """The pairs of texts that are equal for other values, or differ for one value."""
    lhs, rhs = constraint.reading.composite_graphs
    shared = len(constraint.reading.written_source.boxes)
    found = []
    for side, graph, part in zip(("rhs", "lhs"), (rhs, lhs), text.split("( ", 1)[1][:-2].split(" ‖ "), strict=True):
        for tree, value in zip(read(part), expanded(graph, side, shared), strict=True):
            found += nodes(tree, value, side)
    times = {}
    for _, value, _, _ in found:
        times[value] = times.get(value, 0) + 1

    def stands_for_a_distribution(node):
        _, value, _, is_end = node
        return is_end and value[1] is not None and value[1][0] in ("lhs", "rhs") and times[value] == 1

    for first, second in combinations(found, 2):
        (one, value, side, _), (other, other_value, other_side, _) = first, second
        ends = any(map(stands_for_a_distribution, (first, second)))
        if side != other_side and (constraint.tested == "in law" or ends):
            continue
        if (one == other) != (value == other_value):
            yield one, other


def test_equal_texts_are_equal_values_and_other_marks_are_other_draws():
    chance = random.Random(0)
    marked, read_back = set(), 0
    for _ in range(200):
        constraint = random_constraint(chance)
        text = line(constraint)
        if "…" in text:
            continue
        assert list(mistakes(constraint, text)) == [], text
        read_back += 1
        marked |= {(constraint.tested, each) for each in re.findall("[′″‴⁾]", text)}
    assert {tested for tested, _ in marked} == {"over", "pointwise", "in law"} and len(marked) > 9 and read_back > 100


def test_the_brute_force_sees_a_lost_mark():
    told = ld.Constraint("told", at >> copy >> k @ k >> g, at >> k >> copy >> g)
    assert list(mistakes(told, "D( g(k(at), k(at)) ‖ g(k(at), k(at)) )"))
    assert list(mistakes(told, "D( g(k(at), k(at)′) ‖ g(k(at)″, k(at)‴) )"))
    assert not list(mistakes(told, line(told)))


