"""Networks by name fit the spaces at the wires of their box, and those of other packages come without weights."""

import sys
import types

import pytest
import torch
from torch import nn
from torch.distributions import Distribution

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Mask, Tokens
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.names.registry import MODULES

IMAGE, WORDS, PATH = Euclidean(1, 8, 8), Tokens(11, 6), Euclidean(6, 3)
CASES = [
    *((name, (IMAGE,), (Finite(3),), True) for name in ("linear", "mlp", "cnn", "resnet")),
    *((name, (IMAGE,), (Euclidean(2, 2),), False) for name in ("linear", "mlp", "cnn", "resnet")),
    *((name, (IMAGE,), (Euclidean(4),), True) for name in ("mlp", "cnn")),
    *((name, (Finite(3), Euclidean(2)), (Bernoulli(5), Finite(2)), True) for name in ("linear", "mlp")),
    *((name, (), (Bernoulli(2),), True) for name in ("linear", "constant")),
    *((name, (WORDS,), (Finite(3),), True) for name in ("gru", "transformer")),
    *((name, (WORDS,), (Tokens(4, 6),), True) for name in ("gru", "transformer")),
    *((name, (PATH,), (Euclidean(6, 2),), False) for name in ("gru", "transformer")),
    *((name, (PATH,), (Euclidean(2),), True) for name in ("gru", "transformer")),
]


def point(space, rows=3):
    shape = (rows, *space.point_shape)
    return torch.randint(space.outcomes, shape) if space.outcomes else torch.randn(shape)


@pytest.mark.parametrize(("name", "inputs", "outputs", "kernel"), CASES)
def test_a_network_maps_the_spaces_of_a_box_and_learns(name, inputs, outputs, kernel):
    ends = BoxEnds("f", inputs, outputs, kernel)
    module = MODULES.make(name, {}, ends)
    results, total = module(*map(point, inputs)), torch.zeros(())
    for space, result in zip(outputs, results if len(outputs) > 1 else (results,), strict=True):
        law = isinstance(result, Distribution)
        assert law == (kernel and not space.logits)
        shape = tuple(result.mean.shape if law else result.shape)
        assert shape == (3 if inputs else 1, *space.row_shape(ends.kind))
        total = total + (result.rsample() if law else result).square().sum()
    if name == "constant":
        return
    total.backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize("options", [{}, {"dropout": 0.5}])
def test_a_perceptron_without_hidden_layers_is_an_affine_map(options):
    (layer,) = MODULES.make("mlp", {"widths": [], **options}, BoxEnds("f", (IMAGE,), (Finite(3),), True)).body
    assert isinstance(layer, nn.Linear) and layer.weight.shape == (3, 64)


def test_each_position_of_a_causal_transformer_sees_those_before_it():
    module = MODULES.make("transformer", {"causal": True}, BoxEnds("f", (WORDS,), (Tokens(4, 6),), True)).eval()
    words = point(WORDS)
    other = words.clone()
    other[:, 3] = (other[:, 3] + 1) % 11
    same = (module(words) - module(other)).abs().amax((0, 2)) < 1e-6
    assert same.tolist() == [True] * 3 + [False] * 3


PADDED, WHICH = Tokens(11, 6, padding=0), Mask(6)
SEQUENCES = [
    (name, options, outputs)
    for name, options in [
        ("gru", {}), ("gru", {"both_ways": True, "layers": 2}), ("transformer", {}), ("transformer", {"causal": True}),
    ]
    for outputs in (Finite(3), Tokens(4, 6))
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "outputs"), SEQUENCES)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_the_result_of_a_row_does_not_depend_on_its_padding(name, options, outputs, mode):
    ends = BoxEnds("f", (PATH, WHICH), (outputs,), True)
    module = getattr(MODULES.make(name, options, ends), mode)()
    mask = torch.tensor([[True] * 4 + [False] * 2, [True] * 6, [False, True, False, True, True, False], [False] * 6])
    rows, other = point(PATH, 4), point(PATH, 4)
    other[mask] = rows[mask]
    result, again = module(rows, mask), module(other, mask)
    assert torch.allclose(result, again, atol=1e-6)
    result.square().sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in module.parameters() if parameter.grad is not None)
    whole = module(rows, torch.ones_like(mask))
    assert torch.allclose(result[1], whole[1], atol=1e-6) and not torch.allclose(result[0], whole[0], atol=1e-3)
    plain = MODULES.make(name, options, BoxEnds("f", (PATH,), (outputs,), True))
    plain.load_state_dict(module.state_dict())
    assert torch.allclose(getattr(plain, mode)()(rows), whole, atol=1e-6)


@pytest.mark.parametrize(("name", "options", "outputs"), SEQUENCES)
def test_padding_of_tokens_is_seen_without_a_second_wire(name, options, outputs):
    told = MODULES.make(name, options, BoxEnds("f", (WORDS, WHICH), (outputs,), True)).eval()
    words = torch.tensor([[3, 4, 5, 0, 0, 0], [1, 2, 3, 4, 5, 6], [0] * 6])
    for space in (PADDED, Tokens(11, 6, padding=0, sample="straight-through")):
        sees = MODULES.make(name, options, BoxEnds("f", (space,), (outputs,), True)).eval()
        state = told.state_dict()
        if space.one_hot:
            state["enter.bias"] = torch.zeros_like(sees.enter.bias)
            state["enter.weight"] = state["enter.weight"].T
        sees.load_state_dict(state)
        argument = nn.functional.one_hot(words, 11).float() if space.one_hot else words
        assert torch.allclose(sees(argument), told(words, words != 0), atol=1e-6)


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("outputs", [Finite(3), Tokens(4, None), Euclidean(2)])
def test_a_gru_reads_sequences_of_any_length_and_more_padding_changes_nothing(both_ways, outputs):
    ends = BoxEnds("f", (Tokens(11, None, padding=0),), (outputs,), outputs != Euclidean(2))
    module = MODULES.make("gru", {"both_ways": both_ways}, ends)
    words = torch.tensor([[3, 4, 5, 0], [1, 2, 3, 4]])
    short, long = module(words), module(torch.cat([words, torch.zeros(2, 3, dtype=torch.int64)], 1))
    alone = module(words[:1, :3])
    if outputs == Tokens(4, None):
        assert long.shape == (2, 7, 4) and torch.allclose(long[:, :4], short, atol=1e-6)
        assert torch.allclose(alone[0], short[0, :3], atol=1e-6)
    else:
        assert torch.allclose(long, short, atol=1e-6) and torch.allclose(alone[0], short[0], atol=1e-6)


def test_rows_do_not_mix():
    for name in ("mlp", "cnn", "resnet"):
        module = MODULES.make(name, {}, BoxEnds("f", (IMAGE,), (Finite(3),), True))
        rows = point(IMAGE)
        assert torch.allclose(module(rows)[:1], module(rows[:1]), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options", "inputs", "message"),
    [
        ("cnn", {}, (Euclidean(9),), "a network of images needs"),
        ("cnn", {"channels": [1, 1, 1, 1]}, (IMAGE,), "halve an image of 8 × 8 to nothing"),
        ("gru", {}, (IMAGE,), "a network of sequences needs"),
        ("transformer", {"width": 10, "heads": 4}, (WORDS,), "a multiple of its heads"),
        ("resnet", {}, (Finite(3),), "a network of images needs"),
        ("gru", {}, (WORDS, Finite(6)), "a network of sequences needs"),
        ("gru", {}, (WORDS, Mask(5)), "a network of sequences needs"),
        ("gru", {}, (Euclidean(None, None),), "a network of sequences needs"),
        ("gru", {}, (), "a network of sequences needs"),
        ("gru", {}, (Tokens(11, 6, padding=-100),), "does not see the padding -100"),
        ("transformer", {}, (Tokens(11, None),), "the length of its sequence is a number; gru takes any length"),
        ("mlp", {}, (Tokens(11, None),), "of an open size, and its module needs a number there"),
    ],
)
def test_what_does_not_fit_is_refused(name, options, inputs, message):
    with pytest.raises(ld.CompileError, match=message):
        MODULES.make(name, options, BoxEnds("f", inputs, (Finite(3),), True))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("value", [1, 1.0, 2])
def test_a_constant_of_a_function_into_labels_is_that_label(value, rows):
    outputs = (Finite(3), Euclidean(2), WORDS, Bernoulli(1))[: 4 if value == 1 else 3]  # 2 is no bit
    given = MODULES.make("constant", {"value": value}, BoxEnds("f", (IMAGE,), outputs, False))(point(IMAGE, rows))
    for space, result in zip(outputs, given, strict=True):
        assert result.dtype == (torch.int64 if space.dtype == torch.int64 else torch.float32)
        assert result.shape == (rows, *space.point_shape) and (result == value).all()
    alone = MODULES.make("constant", {}, BoxEnds("f", (), (Finite(3),), False))
    assert alone().tolist() == [0] and not any(p.requires_grad for p in alone.parameters())
    assert MODULES.make("constant", {"value": 20.0}, BoxEnds("f", (), (Finite(3),), True))().tolist() == [[20.0] * 3]


@pytest.mark.parametrize("value", [-1, 3, 0.5, 1e300])
def test_a_constant_that_is_no_label_is_refused(value):
    with pytest.raises(ld.CompileError, match=r"the value of 'constant' is .*, and Finite.3. takes the labels 0 to 2"):
        MODULES.make("constant", {"value": value}, BoxEnds("f", (IMAGE,), (Euclidean(1), Finite(3)), False))
    with pytest.raises(ld.CompileError, match=r"the value of 'constant' is .*, and Bernoulli.2. takes the bits 0 and"):
        MODULES.make("constant", {"value": value}, BoxEnds("f", (IMAGE,), (Bernoulli(2),), False))


@pytest.fixture
def packages(monkeypatch):
    """Small doubles of torchvision, timm and transformers, which keep what they were asked for."""
    asked = []

    def network(name, outputs):
        def build(**options):
            asked.append((name, options))
            return nn.Sequential(nn.Flatten(), nn.Linear(64, options[outputs]))

        return build

    def builder(*, weights="DEFAULT", weights_backbone="DEFAULT", num_classes=1000, width=1):
        return network("net", "num_classes")(
            weights=weights, weights_backbone=weights_backbone, num_classes=num_classes, width=width
        )

    models = types.SimpleNamespace(list_models=lambda: ["net", "other"], get_model_builder=lambda name: builder)
    monkeypatch.setitem(sys.modules, "torchvision", types.SimpleNamespace(models=models))
    monkeypatch.setitem(sys.modules, "torchvision.models", models)

    def create_model(name, **options):
        return network(name, "num_classes")(**options)

    timm = types.SimpleNamespace(list_models=lambda: ["net"], create_model=create_model)
    monkeypatch.setitem(sys.modules, "timm", timm)

    class Model(nn.Module):
        def __init__(self, config):
            super().__init__()
            asked.append(("model", config))
            self.embedding = nn.Embedding(config.vocab_size, 5)

        def forward(self, input_ids):
            return types.SimpleNamespace(last_hidden_state=self.embedding(input_ids))

    def configuration(name, **options):
        return types.SimpleNamespace(**{"type": name, "vocab_size": 9, "layers": 2, "to_dict": dict} | options)

    transformers = types.SimpleNamespace(
        CONFIG_MAPPING={"bert": None},
        AutoConfig=types.SimpleNamespace(for_model=configuration),
        AutoModel=types.SimpleNamespace(from_config=Model),
    )
    monkeypatch.setitem(sys.modules, "transformers", transformers)
    return asked


def test_other_packages_are_asked_for_no_weights(packages):
    ends = BoxEnds("f", (IMAGE,), (Finite(3),), True)
    for name in ("torchvision:net", "timm:net"):
        assert MODULES.make(name, {"width": 2}, ends)(point(IMAGE)).shape == (3, 3)
    assert packages[0][1] == {"weights": None, "weights_backbone": None, "num_classes": 3, "width": 2}
    assert packages[1][1] == {"pretrained": False, "in_chans": 1, "num_classes": 3, "width": 2}
    for outputs, shape in ((Finite(3), (3, 3)), (Tokens(4, 6), (3, 6, 4))):
        module = MODULES.make("transformers:bert", {"layers": 1}, BoxEnds("f", (WORDS,), (outputs,), True))
        assert module(point(WORDS)).shape == shape
    _, config = packages[-1]
    assert (config.type, config.vocab_size, config.layers) == ("bert", 11, 1)


@pytest.fixture
def nothing_imported(monkeypatch):
    for name in ("torchvision", "torchvision.models", "timm", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("name", ["torchvision:net", "timm:net", "transformers:bert"])
@pytest.mark.parametrize(
    "option",
    [
        {"pretrained": True}, {"weights": "DEFAULT"}, {"checkpoint_path": 1}, {"trust_remote_code": True},
        {"use_pretrained_backbone": True}, {"backbone": "resnet50"}, {"hf_hub_id": 3}, {"name": "a/b"},
        {"attn_implementation": "kernels/x"}, {"auto_map": [1]}, {"cache_dir": 1}, {"pretrained_cfg": 1},
    ],
)  # fmt: skip
def test_no_option_says_where_weights_or_code_come_from(nothing_imported, name, option):
    with pytest.raises(ld.TypeMismatch, match="refused: an option is a number"):
        MODULES.make(name, option, BoxEnds("f", (WORDS if "bert" in name else IMAGE,), (Finite(3),), True))


@pytest.mark.parametrize(
    ("name", "option"),
    [("torchvision:net", "num_classes"), ("timm:net", "in_chans"), ("transformers:bert", "vocab_size")],
)
def test_no_option_says_a_size_that_the_box_gives(nothing_imported, name, option):
    with pytest.raises(ld.TypeMismatch, match="follows from the spaces of the box"):
        MODULES.make(name, {option: 5}, BoxEnds("f", (WORDS if "bert" in name else IMAGE,), (Finite(3),), True))


@pytest.mark.parametrize(
    "name",
    ["timm:hf-hub:user/net", "timm:local-dir:net", "transformers:user/bert", "torchvision:https://a.b", "timm:../net",
     "timm:", "transformers:..", "torchvision:a b"],
)  # fmt: skip
def test_an_address_is_refused_before_anything_is_imported(nothing_imported, name):
    with pytest.raises(ld.UnknownName, match="lists no model"):
        MODULES.make(name, {}, BoxEnds("f", (IMAGE,), (Finite(3),), True))


@pytest.mark.parametrize("name", ["torchvision:ne", "timm:net.weights", "transformers:bart"])
def test_a_model_that_a_package_does_not_list_is_unknown(packages, name):
    with pytest.raises(ld.UnknownName, match=r"lists no model .*known: "):
        MODULES.make(name, {}, BoxEnds("f", (IMAGE,), (Finite(3),), True))


@pytest.mark.parametrize("option", ["layer", "to_dict", "_layers"])
def test_an_option_that_a_configuration_does_not_have_is_unknown(packages, option):
    with pytest.raises(ld.UnknownName, match=f"'transformers:bert' has no option '{option}'"):
        MODULES.make("transformers:bert", {option: 1}, BoxEnds("f", (WORDS,), (Finite(3),), True))


@pytest.mark.parametrize("package", ["torchvision.models", "timm", "transformers"])
def test_a_missing_package_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    name = package.partition(".")[0]
    with pytest.raises(ld.FileError, match=f"needs the package {name}"):
        MODULES.make(f"{name}:net", {}, BoxEnds("f", (IMAGE,), (Finite(3),), True))
