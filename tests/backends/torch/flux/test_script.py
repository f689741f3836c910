"""`to_flux`: every script is Julia, by its grammar; where `julia` and Flux are at hand, the values are PyTorch's."""

import shutil
import subprocess

import pytest
import torch
import tree_sitter
import tree_sitter_julia
from torch import nn

from learning_diagrams import (
    Box,
    CompileError,
    Constraint,
    Kernel,
    LearningDiagram,
    SampleSpace,
    Ty,
    TypeMismatch,
    UnknownName,
    regimes,
    schedule,
)
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile, to_flux

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_julia.language()))


def faults(script):
    """The places that are no Julia, by the grammar of tree-sitter."""
    waiting, found = [PARSER.parse(script.encode()).root_node], []
    while waiting:
        node = waiting.pop()
        found += [(node.start_point, node.text)] * (node.type == "ERROR" or node.is_missing)
        waiting += node.children
    return found


def test_the_grammar_finds_faults():
    assert faults("function f(x) x + end") and faults("f(x = 1") and not faults("f(x) = 2x")


def script_of(name):
    """The script of a regime on small spaces; boxes of several inputs have models that are given as text."""
    diagram = getattr(regimes, name)()
    stochastic = {ob.name for box in diagram.boxes if isinstance(box, Kernel) for ob in box.cod.inside}
    names = [ty.inside[0].name for ty in diagram.objects]
    spaces = {ob: Finite(4, sample="expectation") if ob in stochastic else Euclidean(4) for ob in names}
    modules = {box: nn.Linear(4, 4) for box in diagram.boxes if len(box.dom) == len(box.cod) == 1}
    several = {box for box in diagram.boxes if box not in modules}
    models = {box: "Parallel(+, Dense(4 => 4), Dense(4 => 4))" if box.dom else "() -> zeros(4, 1)" for box in several}
    return to_flux(diagram, TorchFunctor(ob=spaces, ar=modules), models)


REFUSED = {
    "cycle_consistency": "constraint 'painting_law' is compared in law",
    "gan": "'GAN' is a game",
    "pinn": "box 'u_xx' calls u",
    "wgan_gp": "'WGAN-GP' is a game",
}


@pytest.mark.parametrize("name", regimes.__all__)
def test_a_regime_is_julia_or_refused(name):
    if name in REFUSED:
        with pytest.raises(CompileError, match=REFUSED[name]):
            script_of(name)
    else:
        script = script_of(name)
        assert faults(script) == []
        assert script.count("\n    # ") >= len(getattr(regimes, name)().constraints)


rows = SampleSpace('r"o$(w)s')
image, feature, digit, bits, words = (Ty(name) for name in ("image", "end", "→", "bits", "words"))
see, say = Box("see", image, feature), Kernel("s a y", feature, digit)
tell, spell, teach = Kernel("tell", feature, bits), Kernel("spell", feature, words), Kernel("teach", image, digit)
COLUMNS = {
    "x": (image, lambda n: torch.randn(n, 1, 6, 5)),
    "label": (digit, lambda n: torch.randint(0, 4, (n,))),
    "bit": (bits, lambda n: torch.randint(0, 2, (n, 3)).float()),
    "word": (words, lambda n: torch.randint(0, 5, (n, 2))),
    "near": (feature, lambda n: torch.randn(n, 8)),
}
x, label, bit, word, near = (rows.column(name, ty) for name, (ty, _) in COLUMNS.items())
SEEN = x >> see
RULES = {
    "squares": (SEEN, near, None),
    "means": (SEEN, near, "mean_squared_error"),
    "sizes": (SEEN, near, "absolute"),
    "both": (SEEN, near, {"name": "huber", "delta": 0.3}),
    "angles": (SEEN, near, "cosine"),
    "signed": (SEEN, near, "difference"),
    "contrast": (SEEN, near, {"name": "info_nce", "temperature": 0.5, "symmetric": True}),
    "classes": (SEEN >> say, label, {"name": "kl", "label_smoothing": 0.1, "class_weight": [1.0, 2.0, 0.5, 1.0]}),
    "taught": (SEEN >> say, x >> teach, {"name": "kl", "temperature": 4.0}),
    "back": (SEEN >> say, x >> teach, "reverse_kl"),
    "middle": (SEEN >> say, x >> teach, "jensen_shannon"),
    "apart": (SEEN >> say, x >> teach, "total_variation"),
    "roots": (SEEN >> say, label, "hellinger"),
    "ratios": (SEEN >> say, x >> teach, "chi_squared"),
    "bits": (SEEN >> tell, bit, None),
    "words": (SEEN >> spell, word, None),
}


def school():
    moving = schedule.linear(0, 1, steps=10)
    rules = [
        Constraint(name, *sides, divergence=kind, weight=moving if name == "bits" else 0.5)
        for name, (*sides, kind) in RULES.items()
    ]
    diagram = LearningDiagram(*rules, frozen=[teach], name="school\n#= end")
    spaces = {
        image: Euclidean(1, 6, 5),
        feature: Euclidean(8),
        digit: Finite(4),
        bits: Bernoulli(3),
        words: Tokens(5, 2),
    }
    modules = {
        see: nn.Sequential(
            nn.Conv2d(1, 2, (3, 2), padding=(1, 0)), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 8)
        ),
        say: nn.Linear(8, 4),
        tell: nn.Linear(8, 3, bias=False),
        spell: nn.Sequential(nn.Linear(8, 10), nn.Unflatten(1, (2, 5))),
        teach: nn.Sequential(nn.Flatten(), nn.Linear(30, 4), nn.GELU(), nn.Dropout()),
    }
    return diagram, TorchFunctor(ob=spaces, ar=modules)


def test_every_divergence_of_the_script_is_julia_and_no_name_is_code():
    script = to_flux(*school())
    assert faults(script) == []
    assert r'batch["r\"o\$(w)s"]["x"]' in script
    assert "s_a_y = Dense(8 => 4),  # s a y" in script
    assert "frozen = (:teach,)" in script and "teach = testmode!(Chain(" in script
    assert "CrossCor((2, 3), 1 => 2, tanh; pad = (0, 1))" in script
    assert "weight_bits = scheduled(step, ((0, 0.0), (10, 1.0),), false)" in script
    assert "teach_out = ignore_derivatives(() -> models.teach(x))" in script
    assert "constants.temperature_taught" in script and "class_weight = constants.class_weight_classes" in script
    assert script.splitlines()[0].endswith(r'"school\u{a}#= end".') or "\n#= end" not in script


def test_the_terms_have_the_names_of_the_constraints():
    """Also that of a column, which a local variable has; a name that no field can have is said."""
    x, rows = Ty("x"), SampleSpace("rows")
    a, power, f = rows.column("a", x), rows.column("power", x), Box("f", x, x)
    named = {"power": (a >> f, power), "end": (a >> f, a), "a b": (a, a >> f)}
    diagram = LearningDiagram(*(Constraint(name, *sides) for name, sides in named.items()))
    script = to_flux(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={f: nn.Linear(2, 2)}))
    assert faults(script) == []
    assert "return total, (a_b = a_b, end2 = end2, power = power2,)" in script
    assert "# end: a >> f = a, returned as end2" in script and "# a b: a = a >> f, returned as a_b" in script


def julia_runs():
    """Whether a Julia of 1.10 or later is at hand, with Flux."""
    julia = shutil.which("julia")
    test = 'using Flux; exit(VERSION >= v"1.10" ? 0 : 1)'
    return julia is not None and subprocess.run([julia, "-e", test], capture_output=True).returncode == 0


def array(tensor, matrix=False):
    """A tensor as an array of Julia: its dimensions are reversed, but those of the weight of a `Dense`."""
    values = tensor.T.contiguous() if matrix else tensor
    kind = "Float32" if tensor.is_floating_point() else "Int"
    sizes = ", ".join(map(str, tensor.shape if matrix else reversed(tensor.shape)))
    return f"reshape({kind}[{', '.join(map(repr, values.flatten().tolist()))}], {sizes})"


@pytest.mark.skipif(not julia_runs(), reason="needs julia ≥ 1.10 with Flux on the path")
def test_the_values_are_those_of_pytorch(tmp_path):
    torch.manual_seed(0)
    diagram, functor = school()
    batch = {'r"o$(w)s': {name: make(6) for name, (_, make) in COLUMNS.items()}}
    objective = compile(diagram, functor)
    for _ in range(5):
        objective.after_step()
    total, terms = objective(batch)
    lines = [to_flux(diagram, functor)]
    for box, key in {"see": "see", "s a y": "s_a_y", "tell": "tell", "spell": "spell", "teach": "teach"}.items():
        for i, parameter in enumerate(functor.module(box).parameters(), start=1):
            lines.append(f"Flux.trainables(models.{key})[{i}] .= {array(parameter.detach(), parameter.dim() == 2)}")
    columns = ", ".join(f'"{name}" => {array(value)}' for name, value in batch['r"o$(w)s'].items())
    lines.append(f'batch = Dict("r\\"o\\$(w)s" => Dict{{String, Any}}({columns}))')
    lines.append("total, terms = loss(models, batch; step = 5)")
    lines.append("state = Flux.setup(Adam(1f-3), models); train_step!(state, models, batch; step = 5)")
    lines.append('println(total); foreach(name -> println(name, " ", terms[name]), keys(terms))')
    (tmp_path / "school.jl").write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(["julia", str(tmp_path / "school.jl")], capture_output=True, text=True, check=True)
    first, *rest = done.stdout.split("\n")
    assert float(first) == pytest.approx(total.item(), rel=1e-6)
    for line in filter(None, rest):
        name, value = line.split()
        assert float(value) == pytest.approx(terms[name].item(), rel=1e-6), name


def test_what_no_script_carries():
    diagram, functor = school()
    with pytest.raises(TypeMismatch, match=r"takes a learning diagram, a TorchFunctor, and models="):
        to_flux(functor, diagram)
    with pytest.raises(UnknownName, match=r"models= of to_flux has box 'sea'; did you mean 'see'"):
        to_flux(diagram, functor, {"sea": "identity"})
    with pytest.raises(TypeMismatch, match=r"is a Julia expression, a string; got 3"):
        to_flux(diagram, functor, {"see": 3})
    functor.extend(TorchFunctor(ob={words: Tokens(5, 2, padding=0)}, ar={}))
    with pytest.raises(CompileError, match=r"the script has no masks"):
        to_flux(diagram, functor)
    renyi = LearningDiagram(Constraint("c", SEEN >> say, x >> teach, divergence="renyi"))
    with pytest.raises(CompileError, match=r"constraint 'c' is compared by 'renyi'"):
        to_flux(renyi, functor)
    drawn = LearningDiagram(Constraint("c", SEEN >> say >> Box("f", digit, feature), near))
    functor.extend(TorchFunctor(ob={digit: Finite(4, sample="gumbel")}, ar={"f": nn.Linear(4, 8)}))
    with pytest.raises(CompileError, match=r"'s a y' is drawn by 'gumbel'"):
        to_flux(drawn, functor)
