"""A divergence of one's own with parameters: a module of the functor that is trained, saved and moved; or an error."""

import copy
import pickle

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, divergence, fit
from learning_diagrams.semantics import divergences as semantics

torch.set_num_threads(1)
x, rows = ld.Ty("x"), ld.SampleSpace("rows")
a, b, f, g = rows.column("a", x), rows.column("b", x), ld.Box("f", x, x), ld.Box("g", x, x)
WORDS = {"formula": "exp(−s) |p − r|² + s", "unit": "nats"}
DIAGRAM = ld.LearningDiagram(ld.Constraint("c", a >> f, b, divergence="scaled"))
torch.manual_seed(0)
DATA = {"a": torch.randn(12, 2), "b": torch.randn(12, 2)}
BATCH = {"rows": DATA}


class Scaled(nn.Module):
    """Kendall & Gal's error with a learnt scale."""

    def __init__(self):
        super().__init__()
        self.s = nn.Parameter(torch.zeros(()))

    def forward(self, reference, prediction, *, floor=0.0):
        return (-self.s).exp() * (prediction - reference).square().sum(1).clamp(min=floor) + self.s


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    """Each test begins without a definition, and its definitions end with it."""
    monkeypatch.setattr(semantics, "_latest", {})


@pytest.fixture
def scaled():
    return divergence(name="scaled", **WORDS)(Scaled())


def net():
    torch.manual_seed(1)
    return nn.Linear(2, 2)


def compiled(scaled, diagram=DIAGRAM, /, **ar):
    modules = {"f": net(), **ar}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=modules, divergences=[scaled]))


@pytest.mark.parametrize("masked", [False, True])
def test_it_is_trained_as_in_a_loop_by_hand(scaled, masked):
    made, ours, scale = compiled(scaled), net(), torch.zeros((), requires_grad=True)
    assert "c = scaled(b, f_out)" in made.code
    present = torch.arange(12) % 3 > 0 if masked else torch.ones(12, dtype=torch.bool)
    batch = {"rows": DATA | {"b": (DATA["b"], present)}} if masked else BATCH
    assert [p is scaled.s for p in made.trainable_parameters()] == [False, False, True]
    optimizers = [torch.optim.SGD(p, lr=0.1) for p in (made.trainable_parameters(), [*ours.parameters(), scale])]
    for _ in range(20):
        error = (ours(DATA["a"]) - DATA["b"])[present].square().sum(1)
        for optimizer, loss in zip(optimizers, (made(batch)[0], ((-scale).exp() * error + scale).mean()), strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    torch.testing.assert_close(scaled.s, scale)
    torch.testing.assert_close(made.boxes.of("f").weight, ours.weight)
    assert scale.item() != 0


def test_fit_trains_it_with_a_rate_of_its_own(scaled):
    made = compiled(scaled)
    fit(made, BATCH, epochs=3, lr=0.0, groups={"scaled": {"lr": 0.1}}, optimizer=torch.optim.SGD, progress=False)
    assert scaled.s.item() > 0 and torch.equal(made.boxes.of("f").weight, net().weight)


def test_it_is_in_the_state_in_files_in_copies_and_moves(scaled, tmp_path):
    made = compiled(scaled)
    assert "boxes.scaled.s" in made.state_dict()
    with torch.no_grad():
        scaled.s.fill_(0.5)
    value = made(BATCH)[0].item()
    made.save(tmp_path / "w.safetensors")
    copies = [copy.deepcopy(made), pickle.loads(pickle.dumps(made))]
    other = compiled(divergence(name="scaled", **WORDS)(Scaled())).load(tmp_path / "w.safetensors")
    with torch.no_grad():
        scaled.s.fill_(3.0)
    for each in [*copies, other]:
        assert each(BATCH)[0].item() == value != made(BATCH)[0].item()
        total, _ = each(BATCH)
        total.backward()
        assert dict(each.named_parameters())["boxes.scaled.s"].grad is not None
    assert made.double()({"rows": {key: v.double() for key, v in DATA.items()}})[0].dtype == scaled.s.dtype
    assert made.eval().boxes.of("scaled").training is False


class Seen(nn.Linear):
    """A distance between what a layer makes of two points."""

    def forward(self, reference, prediction):
        return (super().forward(prediction) - super().forward(reference)).square().sum(1)


def test_in_half_precision_it_computes_in_float32():
    seen = divergence(name="scaled", **WORDS)(Seen(2, 5))
    made = compiled(seen).bfloat16()
    total, _ = made({"rows": {key: v.bfloat16() for key, v in DATA.items()}})
    total.backward()
    assert total.dtype == torch.float32 and seen.weight.dtype == seen.weight.grad.dtype == torch.bfloat16


def test_an_update_keeps_it_with_its_state_in_the_optimizer(scaled):
    made = compiled(scaled)
    optimizer = torch.optim.Adam(made.trainable_parameters(), lr=0.1)
    made(BATCH)[0].backward()
    optimizer.step()
    plain = ld.LearningDiagram(ld.Constraint("c", a >> f, b))
    for diagram in (DIAGRAM.reweight({"c": 2.0}), plain, DIAGRAM):
        made.update(diagram, optimizer=optimizer)
        assert optimizer.state[scaled.s]["step"] == 1 and made(BATCH)[0].requires_grad
    assert any(p is scaled.s for p in made.trainable_parameters())


def test_it_is_frozen_by_its_own_flag(scaled):
    scaled.requires_grad_(False)
    made = compiled(scaled)
    assert len(made.trainable_parameters()) == 2
    made(BATCH)[0].backward()
    assert scaled.s.grad is None


def test_in_a_game_the_player_whose_term_it_is_trains_it(scaled):
    also = ld.Constraint("d", a >> g, b)
    players = {"one": {"terms": ["c"], "boxes": [f]}, "two": {"terms": ["d"], "boxes": [g]}}
    game = compiled(scaled, ld.LearningDiagram(*DIAGRAM.constraints, also, players=players), g=nn.Linear(2, 2))
    assert {name: each.trained for name, each in game.players.items()} == {"one": ["f", "scaled"], "two": ["g"]}
    fit(game, BATCH, epochs=2, progress=False)
    assert scaled.s.item() != 0
    both = {"one": {"terms": ["c"], "boxes": [f]}, "two": {"terms": {"c": -1.0, "d": 1.0}, "boxes": [g]}}
    with pytest.raises(ld.CompileError, match="which players 'one', 'two' would train in turn"):
        compiled(scaled, ld.LearningDiagram(*DIAGRAM.constraints, also, players=both), g=nn.Linear(2, 2))


def test_a_module_that_no_functor_holds_is_an_error(scaled):
    with pytest.raises(ld.CompileError, match=r"'scaled' has a module.*TorchFunctor divergences=\[module\]"):
        compile(DIAGRAM, TorchFunctor(ob={x: Euclidean(2)}, ar={f: net()}))


def test_names_of_boxes_and_parts_of_boxes_are_not_its_own(scaled):
    with pytest.raises(ld.DuplicateName, match="'scaled' has a module, and a box has its name"):
        compiled(scaled, scaled=net())
    box = ld.Box("scaled", x, x)
    with pytest.raises(ld.DuplicateName, match="'scaled' has a module, and a box has its name"):
        compiled(scaled, ld.LearningDiagram(*DIAGRAM.constraints, ld.Constraint("d", a >> box, b)))
    scaled.part = net()
    with pytest.raises(ld.DuplicateName):
        compiled(scaled, f=scaled.part)


weight, nested = nn.Parameter(torch.zeros(())), {"parts": [nn.Linear(2, 2)]}


def by_closure(parameter):
    def scaled(reference, prediction):
        return (prediction - reference).square().sum(1) * parameter.exp()

    return scaled


def by_global(reference, prediction):
    return (prediction - reference).square().sum(1) + weight


def by_collection(reference, prediction):
    return nested["parts"][0](prediction - reference).square().sum(1)


class Holder:
    def __init__(self):
        self.net = nn.Linear(2, 1)

    def measure(self, reference, prediction):
        return self.net(prediction - reference)[:, 0]


@pytest.mark.parametrize(
    "function",
    [by_closure(weight), by_global, by_collection, Holder().measure],
    ids=["closure", "global", "collection", "method"],
)
def test_a_function_that_hides_parameters_is_refused_and_says_what_to_do(function):
    divergence(name="scaled", **WORDS)(function)
    with pytest.raises(ld.CompileError, match=r"'scaled' is a function that holds trainable.*nn.Module.*divergences="):
        compile(DIAGRAM, TorchFunctor(ob={x: Euclidean(2)}, ar={f: net()}))


def test_numbers_that_are_not_trained_may_be_hidden():
    divergence(name="scaled", **WORDS)(by_closure(torch.tensor(1.0)))
    fixed = nn.Parameter(torch.tensor(0.0), requires_grad=False)
    divergence(name="scaled", **WORDS)(by_closure(fixed))
    made = compile(DIAGRAM, TorchFunctor(ob={x: Euclidean(2)}, ar={f: net()}))
    assert made(BATCH)[0].requires_grad


def test_a_module_needs_a_name_and_the_signature_of_a_divergence():
    with pytest.raises(ld.TypeMismatch, match="a function with a name, or a module and name="):
        divergence(**WORDS)(Scaled())
    with pytest.raises(ld.TypeMismatch, match="'scaled' must be a function"):
        divergence(name="scaled", **WORDS)(nn.Linear(1, 1))
    with pytest.raises(ld.DuplicateName):
        divergence(name="kl", **WORDS)(Scaled())
    odd = Scaled()
    odd.divergence = nn.Linear(1, 1)
    with pytest.raises(ld.TypeMismatch, match="has a part 'divergence'"):
        divergence(name="odd", **WORDS)(odd)


def test_a_loss_with_a_module_is_traced_as_one_graph(scaled):
    made = compiled(scaled)
    made(BATCH)
    whole = torch.compile(made, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(whole(BATCH)[0], made(BATCH)[0])


def test_its_options_are_those_of_forward(scaled):
    asked = ld.LearningDiagram(ld.Constraint("c", a >> f, b, divergence={"name": "scaled", "floor": 100.0}))
    assert compiled(scaled, asked)(BATCH)[0].item() == 100
