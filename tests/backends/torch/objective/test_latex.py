"""The loss of an objective as mathematics: what the spaces of its functor say."""

import re

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from latex_readers import require_katex_reads
from learning_diagrams import regimes
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Space, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.divergences.own import divergence
from learning_diagrams.backends.torch.objective.explanation import formula as explained

E = r"\operatorname*{\mathbb{E}}"
x, y = ld.Ty("x"), ld.Ty("y")
s = ld.SampleSpace("s")
a, b = s.column("a", x), s.column("b", y)
k = ld.Kernel("k", x, y)


def lines(diagram, ob, **options):
    return str(ld.formula(diagram, TorchFunctor(ob=ob, ar={}), **options)).splitlines()[1:-1]


def distillation():
    modules = {"teacher": nn.Linear(64, 10), "student": nn.Linear(64, 10)}
    functor = TorchFunctor(ob={"image": Euclidean(64), "digit": Finite(10)}, ar=modules)
    return compile(regimes.distillation(), functor)


def test_spaces_say_divergence_unit_and_size():
    kernels = [rf"& \mathrm{{{name}}} \colon \mathbb{{R}}^{{64}} \rightsquigarrow \{{0, \dots, 9\}}" for name in
               ("student", "teacher")]  # fmt: skip
    assert distillation().latex(types=True, notation={"pixels": "x"}).splitlines() == [
        r"\begin{aligned}",
        r"& \mathcal{L}(\mathrm{student}) \\",
        rf"={{}}& 0.5\, {E}_{{x \sim \mathrm{{digits}}}}\, "
        r"\operatorname{KL}_{\tau = 4}\bigl(\mathrm{teacher}(\cdot \mid x) "
        r"\,\big\|\, \mathrm{student}(\cdot \mid x)\bigr) && \text{distilled, in nats} \\",
        rf"{{}}+{{}}& {E}_{{(\mathit{{label}}, x) \sim \mathrm{{digits}}}}\, \operatorname{{KL}}\bigl(\mathit{{label}} "
        r"\,\big\|\, \mathrm{student}(\cdot \mid x)\bigr) && \text{supervised, in nats} \\",
        kernels[0] + r" \\",
        kernels[1],
        r"\end{aligned}",
    ]
    written = distillation().latex(written=True)
    assert r"\Bigl[-\log \mathrm{student}(\mathit{label} \mid \mathit{pixels})\Bigr]" in written


def test_a_soft_label_is_no_outcome():
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> k, b))
    (hard,) = lines(diagram, {x: Euclidean(2), y: Finite(3)}, written=True)
    soft = lines(diagram, {x: Euclidean(2), y: Finite(3, soft=True)}, written=True)
    assert r"-\log k(b \mid a)" in hard and r"\operatorname{KL}\bigl(b" in soft[0]
    assert soft[1] == r"\operatorname{KL}\bigl(r \,\big\|\, p\bigr) ={}& \sum_{k} r_{k} \log (r_{k} / p_{k})"


def test_padding_and_means_over_positions_are_said():
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> k, b))
    spaces = {x: Euclidean(2), y: Tokens(9, 4, padding=0, reduction="tokens")}
    (line,) = lines(diagram, spaces)
    assert rf"{E}_{{(a, b) \sim s,\ b \text{{ present}}}}" in line and "in nats, mean over positions" in line


@pytest.mark.parametrize(
    "reduction, said",
    [("sum", ""), ("mean", ", mean over the positions of a row"), ("tokens", ", mean over positions")],
)
def test_a_mean_over_positions_is_a_remark(reduction, said):
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> k, b))
    (line,) = lines(diagram, {x: Euclidean(2), y: Tokens(9, 4, reduction=reduction)})
    assert line.endswith(rf"\text{{c, in nats{said}}}")


MEAN = r"(?:\\tfrac\{1\}\{(\d+)\} )?\\bigl\\lVert (\w)\(a\) - (\w)"


@pytest.mark.parametrize("shapes", [((5,), (3,)), ((), (2, 3)), ((1,), (4, 1, 2))])
def test_the_numbers_of_features_in_a_formula_give_the_value_of_the_loss(shapes):
    (first, second), rows = shapes, 7
    f, g, c = ld.Box("f", x, x), ld.Box("g", x, y), ld.Copy(s.ty)
    both = ld.Constraint("both", c >> (a >> f) @ (a >> g), c >> a @ b, divergence="mean_squared_error")
    maps = {f: lambda v: 2 * v, g: lambda v: v.reshape(len(v), -1)[:, :1].unflatten(1, [1] * len(second)).expand(
        -1, *second)}  # fmt: skip
    objective = compile(ld.LearningDiagram(both), TorchFunctor({x: Euclidean(*first), y: Euclidean(*second)}, maps))
    columns = {"a": torch.randn(rows, *first), "b": torch.randn(rows, *second)}
    values = {"f": maps[f](columns["a"]), "g": maps[g](columns["a"]), **columns}
    pieces = re.findall(MEAN, objective.latex())
    assert len(pieces) == 2
    read = [(values[p] - values[r]).square().sum() / rows / int(n or 1) for n, p, r in pieces]
    assert objective({"s": columns})[0].item() == pytest.approx(sum(read).item(), rel=1e-5)


def test_a_number_of_features_that_no_space_says_is_a_letter_of_its_object():
    f, g = ld.Box("f", x, x), ld.Box("g", x, y)
    terms = [ld.Constraint(end, a >> box, column, divergence="mean_squared_error")
             for end, box, column in (("one", f, a), ("two", g, b))]  # fmt: skip
    known, first, defined = lines(ld.LearningDiagram(*terms), {x: Euclidean(5), y: Euclidean(None, 3)})
    assert r"\tfrac{1}{5} " in known and r"\tfrac{1}{n_{y}} " in first
    assert defined == r"n_{y} ={}& \text{the number of features of } y"


@pytest.mark.parametrize(
    "space, name", [(Finite(3), r"\operatorname{KL}"), (Euclidean(2), r"\operatorname{\text{energy distance}}")]
)
def test_in_law_the_space_says_the_divergence(space, name):
    diagram = ld.LearningDiagram(ld.Constraint("c", s.state >> a >> k, s.state >> b))
    assert f"{name}\\bigl(" in lines(diagram, {x: Euclidean(2), y: space})[0]


def test_the_loss_of_a_player_has_its_factors():
    modules = {name: nn.Linear(2, 2) for name in ("generate", "judge")}

    class Steep(nn.Module):
        def forward(self, point, boxes):
            return boxes["judge"](point)

    constants = {name: lambda: torch.zeros(1, 2) for name in ("one", "zero")}
    noises = {n: lambda: torch.distributions.Normal(torch.zeros(1, 2), 1.0) for n in ("noise", "portion")}
    modules |= {"mix": lambda t, p, q: t * p + q, "steepness": Steep(), **constants, **noises}
    spaces = {"image": Euclidean(2), "latent": Euclidean(2), "number": Euclidean(2)}
    game = compile(regimes.wgan_gp(), TorchFunctor(ob=spaces, ar=modules))
    assert game.latex() == str(ld.formula(game.diagram, game.functor))
    assert r"-\operatorname*{\mathbb{E}}_{z \sim \mathrm{noise}}" in game.players["generator"].latex()
    assert r"{}-{}& \operatorname*{\mathbb{E}}_{\mathit{pixels}" in game.players["critic"].latex()


def test_a_divergence_of_ones_own_keeps_its_name_and_formula():
    @divergence(formula="Σ max(|p − r| − width, 0)², √(p r) ≥ 1", unit="units")
    def tube_of_latex(reference, prediction, *, width=0.1):
        return ((prediction - reference).abs() - width).clamp(min=0).sum(1)

    choice = {"name": "tube_of_latex", "width": 0.5}
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> ld.Box("f", x, y), b, divergence=choice))
    first, second = lines(diagram, {x: Euclidean(2), y: Euclidean(2)}, written=True)
    assert r"\operatorname{\text{tube of latex}}_{\text{width} = 0.5}\bigl(b" in first
    assert second.endswith(r"={}& \sum \max (|p - r| - \text{ width }, 0)^2, \sqrt{p r} \geq 1")
    require_katex_reads(["\n".join([r"\begin{aligned}", first, second, r"\end{aligned}"])])


def test_every_space_is_a_set():
    spaces = [Euclidean(), Euclidean(2, None), Euclidean(1, dtype=torch.complex64), Finite(2),
              Finite(3, shape=(4, 4)), Finite(3, soft=True), Bernoulli(5), Tokens(7, None), Space((2,), torch.int64),
              Space((), torch.bool)]  # fmt: skip
    assert [space.latex for space in spaces] == [
        r"\mathbb{R}", r"\mathbb{R}^{2 \times *}", r"\mathbb{C}", r"\{0, 1\}", r"\{0, \dots, 2\}^{4 \times 4}",
        r"\Delta^{2}", r"\{0, 1\}^{5}", r"\{0, \dots, 6\}^{*}", r"\mathbb{Z}^{2}", r"\{0, 1\}",
    ]  # fmt: skip


def test_explained_spaces_are_read_as_explain_reads_them():
    diagram = regimes.distillation()
    assert r"\operatorname{KL}\bigl(" in str(explained(diagram, {"digit": "Finite(10)"}))
    with pytest.raises(ld.UnknownName, match="no object here"):
        explained(diagram, {"digits": "Finite(10)"})


def test_explained_sizes_are_numbers():
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> ld.Box("f", x, y), b, divergence="mean_squared_error"))
    assert r"\tfrac{1}{12} " in str(explained(diagram, {"y": "Euclidean(3, 4)"}))
    assert r"\tfrac{1}{n_{y}} " in str(explained(diagram, {"x": "Euclidean(3, 4)"}))


def test_an_axiom_keeps_its_draws_where_training_takes_means():
    w, n = ld.Ty("w"), ld.Ty("n")
    k, at = ld.Kernel("k", w, n), ld.SampleSpace("rows").column("at", w)
    axiom = ld.Equation(k >> ld.Copy(n), ld.Copy(w) >> k @ k, "k is a function")
    loss = ld.LearningDiagram(ld.Constraint("c", at >> k >> ld.Kernel("h", n, w), at), axioms=[axiom])
    spaces = {"w": Finite(2, sample="expectation"), "n": Finite(2, sample="expectation")}
    text = str(ld.formula(loss, TorchFunctor(spaces, {})))
    assert r"\mathbb{E}[k(\cdot \mid" in text and str(ld.formula(axiom)) in text
    assert str(ld.formula(axiom, TorchFunctor(spaces, {}))) == str(ld.formula(axiom))
