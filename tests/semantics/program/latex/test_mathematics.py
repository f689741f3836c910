"""Losses, values and equations as mathematics: what is written, that nothing is left out, and that LaTeX reads it."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
import recorded_diagrams
import strategies
from latex_readers import require_katex_reads, require_pdflatex_reads
from learning_diagrams import regimes, schedule
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.regimes.catalogue import NAMES
from learning_diagrams.semantics.divergences import KINDS
from learning_diagrams.semantics.functor.functor import fold
from learning_diagrams.semantics.program.latex.measures import mathematics
from learning_diagrams.semantics.program.latex.symbols import Symbols, width

x, y, number, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty("number"), ld.Ty()
s, other = ld.SampleSpace("s"), ld.SampleSpace("other")
p, q, o = s.column("p", x), s.column("q", x), other.column("p", x)
f, g, k = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, x)
C, LD, formula = ld.Constraint, ld.LearningDiagram, ld.formula
OPTIONS = {"named": {}, "written": {"written": True}, "types": {"types": True}}
E = r"\operatorname*{\mathbb{E}}"
REGIMES = {name: getattr(regimes, name)() for name in NAMES}


def shown(*args, **options):
    return str(formula(*args, **options))


def one(lhs, rhs, **options):
    return shown(C("c", lhs, rhs, **options))


def inside(*sides, **options):
    line, remark = one(*sides, **options).splitlines()[1].removeprefix("& ").split(" && ")
    assert remark == r"\text{in law}"
    return line


WRITTEN = {
    "a column against a function": (one(p >> f, q), rf"{E}_{{(p, q) \sim s}}\, D_{{x}}\bigl(q \,\big\|\, f(p)\bigr)"),
    "a norm": (
        one(p >> f, q, divergence="squared_error", weight=0.5),
        rf"0.5\, {E}_{{(p, q) \sim s}}\, \bigl\lVert f(p) - q\bigr\rVert^{{2}}",
    ),
    "a kernel": (
        one(p >> k, p, divergence={"name": "kl", "temperature": 4.0}),
        rf"{E}_{{p \sim s}}\, \operatorname{{KL}}_{{\tau = 4}}\bigl(p \,\big\|\, k(\cdot \mid p)\bigr)",
    ),
    "reverse KL": (
        one(p >> k, p >> k >> k, divergence="reverse_kl"),
        rf"{E}_{{p \sim s,\ z \sim k(\cdot \mid p)}}\, \operatorname{{KL}}\bigl(k(\cdot \mid p) \,\big\|\, "
        r"k(\cdot \mid z)\bigr)",
    ),
    "an option that its formula needs": (
        one(p >> f, q, divergence="huber"),
        rf"{E}_{{(p, q) \sim s}}\, \operatorname{{huber}}_{{\delta = 1}}\bigl(q \,\big\|\, f(p)\bigr)",
    ),
    "two rows of one space": (
        one(p @ p >> f @ x, p @ p >> x @ f),
        rf"{E}_{{p_{{1}}, p_{{2}} \sim s,\ \text{{different rows}}}}\, \Bigl[D_{{x}}\bigl(p_{{1}} \,\big\|\, "
        r"f(p_{1})\bigr) + D_{x}\bigl(f(p_{2}) \,\big\|\, p_{2}\bigr)\Bigr]",
    ),
    "columns of one name": (
        one(p @ o >> f @ x, p @ o >> x @ f),
        rf"{E}_{{\textit{{other.p}} \sim other,\ p \sim s}}\, ".replace("other,", r"\mathrm{other},")
        + r"\Bigl[D_{x}\bigl(p \,\big\|\, f(p)\bigr) + D_{x}\bigl(f(\textit{other.p}) \,\big\|\, "
        r"\textit{other.p}\bigr)\Bigr]",
    ),
    "a shared draw": (
        one(f, g, over=p >> k),
        rf"{E}_{{p \sim s,\ z \sim k(\cdot \mid p)}}\, D_{{x}}\bigl(g(z) \,\big\|\, f(z)\bigr)",
    ),
    "two draws from one distribution": (
        one(f @ x, x @ f, over=p >> ld.Copy(x) >> k @ k),
        rf"{E}_{{p \sim s,\ z_{{1}}, z_{{2}} \sim k(\cdot \mid p)}}\, \Bigl[D_{{x}}\bigl(z_{{1}} \,\big\|\, "
        r"f(z_{1})\bigr) + D_{x}\bigl(f(z_{2}) \,\big\|\, z_{2}\bigr)\Bigr]",
    ),
    "a detached side": (
        one(p >> f, p >> k, detach="rhs"),
        rf"{E}_{{p \sim s}}\, D_{{x}}\bigl(\operatorname{{sg}}(k(\cdot \mid p)) \,\big\|\, f(p)\bigr)",
    ),
    "a detached box": (
        one(p >> f >> g, p, detach=f),
        rf"{E}_{{p \sim s}}\, D_{{x}}\bigl(p \,\big\|\, g(\operatorname{{sg}}(f(p)))\bigr)",
    ),
    "in law": (
        inside(s.state >> p >> f, other.state >> o >> k, divergence="mmd"),
        r"\operatorname{MMD}^{2}_{\sigma = 1}\bigl("
        rf"{E}_{{p \sim \mathrm{{other}}}}\, k(\cdot \mid p) \,\big\|\, "
        r"\operatorname*{Law}_{p \sim s}\, f(p)\bigr)",
    ),
    "constants": (one(ld.Box("a", unit, x), ld.Box("b", unit, x)), r"D_{x}\bigl(b \,\big\|\, a\bigr)"),
    "a weight of boxes": (
        one(p, q, weight=ld.Box("a", unit, number) >> ld.Box("exp", number, number)),
        rf"\mathrm{{exp}}(a)\, {E}_{{(p, q) \sim s}}\, D_{{x}}\bigl(q \,\big\|\, p\bigr)",
    ),
    "a composite": (shown(f >> g), r"x \mapsto g(f(x))"),
    "a power": (shown(f >> f >> f), r"x \mapsto f^{3}(x)"),
    "a composite of kernels": (shown(k >> k), rf"x \mapsto {E}_{{z \sim k(\cdot \mid x)}}\, k(\cdot \mid z)"),
    "one draw twice": (shown(k >> ld.Copy(x)), r"x \mapsto \operatorname*{Law}_{z \sim k(\cdot \mid x)}\, (z, z)"),
    "two draws": (shown(ld.Copy(x) >> k @ k), r"x \mapsto (k(\cdot \mid x), k(\cdot \mid x))"),
    "wires": (shown(ld.Swap(x, y)), r"(x, y) \mapsto (y, x)"),
    "data": (shown(p >> f), r"p \in s \mapsto f(p)"),
    "data beside a value": (shown(x @ p >> g @ f), r"(x, p \in s) \mapsto (g(x), f(p))"),
    "rows that nothing reads": (shown(ld.Discard(s.ty)), r"\omega \in s \mapsto ()"),
    "nothing": (shown(ld.Id(unit)), "()"),
    "an equation": (shown(ld.Equation(f >> g, ld.Id(x))), "g(f(x)) = x"),
    "a likelihood": (
        shown(C("c", p >> k, q, divergence="nll"), written=True),
        rf"{E}_{{(p, q) \sim s}}\, \Bigl[-\log k(q \mid p)\Bigr]",
    ),
    "the author's symbols": (
        shown(C("c", p >> k, q), notation={k: r"\pi_\theta", p: "a", "s.q": "b_0", s: r"\mathcal{D}"}),
        rf"{E}_{{(a, b_0) \sim \mathcal{{D}}}}\, D_{{x}}\bigl(b_0 \,\big\|\, \pi_\theta(\cdot \mid a)\bigr)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_it_is_written_as_on_the_board(case):
    written, expected = WRITTEN[case]
    assert written == expected


def test_what_holds_beside_the_loss_stands_beneath_it():
    t = ld.Kernel("t", x, x)
    diagram = LD(
        C("fit", p >> k, q, weight=schedule.linear(0, 1, 100)), C("same", p >> t, p >> k),
        C("idle", p >> f, q, weight=0),
        axioms={"turn": ld.Equation(g >> g, ld.Id(x))}, ema={t: (k, 0.99)},
    )  # fmt: skip
    lines = shown(diagram, types=True).splitlines()
    assert [line.removesuffix(r" \\") for line in lines[3:9]] == [
        r"& \text{reported only, with weight 0: }\text{idle}",
        r"\theta_{t} \leftarrow{}& 0.99\, \theta_{t} + 0.01\, \theta_{k} && \text{after each step}",
        r"\lambda_{\mathrm{fit}}(t) ={}& \text{linear from } 0 \text{ to } 1 \text{ in 100 steps}",
        r"& g(g(x)) = x && \text{turn, by construction}",
        r"f \colon{}& x \to x",
        r"g \colon{}& x \to x",
    ]
    assert lines[1].startswith(r"\mathcal{L}(k) ={}& \lambda_{\mathrm{fit}}(t)\, ") and lines[2].startswith("{}+{}& ")
    assert r"k \colon{}& x \rightsquigarrow x" in lines[9]


def test_an_axiom_is_not_detached():
    diagram = LD(C("c", p >> f, q, detach=f), axioms={"a": ld.Equation(f >> f, f)})
    assert "& f(f(x)) = f(x) &&" in shown(diagram)


def test_a_game_is_a_line_a_player():
    lines = shown(regimes.wgan_gp()).splitlines()
    assert lines[-3] == (
        r"& \min_{\mathrm{judge}}\ \mathcal{L}_{\text{looks\_made}} - \mathcal{L}_{\text{looks\_real}} + "
        r"\mathcal{L}_{\text{penalty}} && \text{critic, 5 steps a round} \\"
    )
    assert lines[-2] == r"& \min_{\mathrm{generate}}\ -\mathcal{L}_{\text{seems\_real}} && \text{generator}"


def test_a_player_does_not_play_for_a_term_of_weight_0():
    players = {"a": {"terms": {"c": 0.5, "idle": 2.0}, "boxes": [f]}, "b": {"terms": ["idle"], "boxes": [g]}}
    text = shown(LD(C("c", p >> f, q), C("idle", p >> g, q, weight=0), players=players))
    assert r"\min_{f}\ 0.5\, \mathcal{L}_{\text{c}} &&" in text and r"\min_{g}\ 0 &&" in text


def test_a_term_that_the_theory_proves_is_0():
    assert r"={}& 0 && \text{c, proved by the theory}" in shown(LD(C("c", p >> f, p >> f)))
    assert shown(LD()) == "\\begin{aligned}\n\\mathcal{L} ={}& 0\n\\end{aligned}"


def test_options_are_written_beside_the_divergence_and_in_its_definition():
    options = {"name": "kl", "label_smoothing": 0.1, "class_weight": [1, 2], "temperature": schedule.cosine(4, 1, 10)}
    text = shown(LD(C("c", p >> k, q, divergence=options)), written=True)
    assert r"\operatorname{CE}_{w = (1, 2),\ \varepsilon = 0.1,\ \tau = \tau_{c}(t)}" in text
    assert r"w_{r} \cdot \bigl(-\sum_{k}\bigl((1-\varepsilon)\,r_{k}" in text and r"q_{k}^{1/\tau}" in text
    assert r"\text{ and } p \text{ exchanged}" in shown(REGIMES["image_text_alignment"], written=True)
    assert r"& \tau_{c}(t) = \text{half a cosine from } 4 \text{ to } 1 \text{ in 10 steps}" in text


@pytest.mark.parametrize("name", REGIMES)
def test_each_constraint_is_one_term_and_each_box_of_a_side_is_named(name):
    diagram = REGIMES[name]
    text = shown(diagram)
    computed = [constraint for constraint in diagram.constraints if constraint.weight != 0]
    starts = re.findall(r"^(?:\\mathcal\{L\}.* =\{\}&|& \\mathcal\{L\}.* = |=\{\}&|\{\}[+-]\{\}&)", text, re.M)
    assert len(starts) == len(computed) and r"\operatorname*" in text
    assert len(re.findall(r"[DL]_\{|lVert|\\cos|operatorname\{(?!sg)|\\sum", text)) >= len(computed)
    symbols = Symbols()
    for constraint in computed:
        assert all(symbols.name(box) in text for box in constraint.applied & diagram.signature.boxes.keys())
    named = set(re.findall(r"\\mathrm\{((?:[^{}\\]|\\_)+)\}", text))
    known = {*(box.name for box in diagram.boxes), *(str(ob) for ob in diagram.objects), *_names(diagram)}
    assert {word.replace(r"\_", "_") for word in named} <= known


def _names(diagram):
    return {space.name for space in diagram.sample_spaces} | {constraint.name for constraint in diagram.constraints}


HOSTILE = ["{}$#&%_^~\\", "\\input{/etc/passwd}", "a b", "$x$", "φ", "学生", "é", "f_1", "u_xx", "%", "x" * 200,
           "-", "'"]  # fmt: skip


def hostile(name):
    box, kernel, space = ld.Box(name, x, x), ld.Kernel(f"{name}!", x, x), ld.SampleSpace(f"{name}?")
    column = space.column(f"{name}:", x)
    weight = schedule.piecewise([(0, 0), (5, 1e-7), (9, 1)])
    constraint = C(f"{name};", column >> kernel >> box, column >> box, divergence={"name": "kl"}, weight=weight)
    return LD(constraint, axioms={f"{name},": ld.Equation(box, ld.Id(x))}, name=name)


def all_formulas():
    yield from (shown(diagram, **options) for diagram in REGIMES.values() for options in OPTIONS.values())
    yield from (written for written, _ in WRITTEN.values())
    yield from (shown(diagram, written=True) for diagram in recorded_diagrams.diagrams().values())
    yield from (mathematics(kind.formula) for kind in KINDS.values())
    yield from (shown(hostile(name), types=True) for name in HOSTILE)


def test_katex_reads_every_formula():
    require_katex_reads(all_formulas())


def test_pdflatex_reads_every_formula(tmp_path):
    require_pdflatex_reads("\n".join(rf"\[{text}\]" for text in all_formulas()), tmp_path)


def tree(text, parts):
    """A formula of functions as nested tuples (symbol, arguments), with the parts that have names put in."""
    tokens = re.findall(r"\\mathrm\{(?:[^{}\\]|\\_)+\}(?:_\{\d+\})?|h_\{\d+\}|\w(?:_\{\d+\})?|\^\{\d+\}|[(),]", text)
    place = 0

    def term():
        nonlocal place
        symbol, times = tokens[place], 1
        place += 1
        if tokens[place : place + 1] and tokens[place].startswith("^"):
            times, place = int(tokens[place][2:-1]), place + 1
        if tokens[place : place + 1] != ["("]:
            return parts.get(symbol, (symbol,))
        value = listed()
        for _ in range(times):
            value = (symbol, *value) if isinstance(value, list) else (symbol, value)
        return value

    def listed():
        nonlocal place
        values = []
        while tokens[place] != ")":
            place += 1
            if tokens[place] != ")":
                values.append(tuple(listed()) if tokens[place] == "(" else term())
        place += 1
        return values

    return tuple(listed()) if tokens[0] == "(" else (term(),)


@given(strategies.diagrams(kinds="f", max_size=8))
def test_a_formula_of_functions_is_read_back_as_the_value_of_its_diagram(diagram):
    graph, symbols = PortGraph.from_diagram(diagram), Symbols()
    total, seen, inputs = Counter(ob.name for ob in graph.dom.inside), Counter(), []
    for ob in graph.dom.inside:
        seen[ob.name] += 1
        inputs.append((symbols.indexed(ob.name, "it", seen[ob.name] if total[ob.name] > 1 else None),))

    def apply(box, values):
        several = len(box.cod) > 1
        return [(symbols.indexed(box.name, "rm", i + 1 if several else None), *values) for i in range(len(box.cod))]

    head, *rest = shown(diagram).replace(r"\qquad", "").replace("\\\\", "").split(r"\text{where }")
    parts = {}
    for part in re.findall(r"(h_\{\d+\}) = (.*?)(?:,\\quad|$)", " ".join(rest).replace("&", ""), re.M):
        parts[part[0]] = tree(part[1], parts)[0]
    value = head.rpartition(r"\mapsto")[2]
    assert tree(value, parts) == fold(graph, inputs, apply)


@given(st.text(max_size=5), st.text(max_size=5))
def test_two_names_are_two_symbols_of_printable_ascii(one, other):
    first, second = (Symbols().name(name) for name in (one, other))
    assert (first == second) == (one == other)
    assert first.isascii() and first.isprintable()


def test_a_formula_grows_with_its_diagram_and_not_faster():
    twice = f >> ld.Copy(x) >> ld.Box("add", x @ x, x)
    sizes = [len(shown(ld.Id(x).then(*[twice] * n))) for n in (10, 20, 40, 80)]
    assert sizes[3] < 10 * sizes[0]
    chain = shown(ld.Id(x).then(*[ld.Box(f"box {i}", x, x) for i in range(3000)]))
    assert len(chain) < 3000 * 60 and max(map(width, chain.splitlines())) < 120


def test_the_boxes_of_a_constraint_are_listed_once(monkeypatch):
    calls, boxes = [], C.boxes
    monkeypatch.setattr(C, "boxes", property(lambda self: calls.append(self.name) or boxes.fget(self)))
    formula(LD(*(C(f"c{i}", p >> ld.Box(f"box{i}", x, x), q) for i in range(9))))
    assert len(calls) == 9


def test_a_formula_shows_itself():
    text = formula(f >> g)
    assert text.latex() == str(text) and repr(text) == "<Formula of 1 line>"
    assert text._repr_mimebundle_() == {"text/latex": rf"$\displaystyle {text}$", "text/plain": str(text)}


@pytest.mark.parametrize("bad", [(3,), ("f",), (x,), (f, None, {"notation": 3}), (f, None, {"notation": {f: 3}}),
                                 (f, None, {"notation": {f: r"\input{x}"}}), (f, None, {"notation": {3: "x"}}),
                                 (f, 3, {})])
def test_bad_input_is_a_typed_error(bad):
    subject, functor, options = (*bad, None, {})[:3] if len(bad) < 3 else bad
    with pytest.raises(ld.TypeMismatch, match=r"formula takes|notation|functor="):
        formula(subject, functor, **options)


def test_the_symbols_of_a_learning_diagram_are_its_notation():
    diagram = LD(C("c", p >> k, q), notation={k: r"\pi", p: "a", s: r"\mathcal{D}"})
    expected = rf"{E}_{{(a, q) \sim \mathcal{{D}}}}\, D_{{x}}\bigl(q \,\big\|\, \pi(\cdot \mid a)\bigr)"
    assert expected in shown(diagram) and r"\rho(\cdot \mid a)" in shown(diagram, notation={k: r"\rho"})
    with pytest.raises(ld.UnknownName, match="nobody"):
        shown(diagram, notation={"nobody": "a"})


def test_what_has_no_loss_has_no_formula():
    with pytest.raises(ld.CompileError, match="their divergences do not add"):
        shown(LD(C("c", p >> k >> ld.Copy(x), p >> ld.Copy(x))))
    with pytest.raises(ld.UnknownName, match="no divergence named 'kll'"):
        shown(LD(C("c", p >> k, q, divergence="kll")))


def test_where_a_box_gets_the_mean_of_a_distribution_no_draw_is_written():
    torch_backend = pytest.importorskip("learning_diagrams.backends.torch")
    diagram = LD(C("c", p >> k >> f, q, divergence="squared_error"))
    for sample, value in (("expectation", r"f(\mathbb{E}[k(\cdot \mid p)])"), ("straight-through", "f(z)")):
        functor = torch_backend.TorchFunctor(ob={x: torch_backend.Finite(3, sample=sample)}, ar={})
        text = str(ld.formula(diagram, functor))
        assert value in text and (r"z \sim k(\cdot \mid p)" in text) == (sample != "expectation")
