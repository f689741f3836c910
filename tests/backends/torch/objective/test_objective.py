"""The objective as a module: its code, exact totals, copies, `torch.compile`, dtypes, models, batches."""

import copy
import pickle

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.backends.torch.objective.executable import make_function

torch.set_num_threads(1)
image, feature, digit = ld.Ty("image"), ld.Ty("feature"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
encode, decode = ld.Box("encode", image, feature), ld.Box("decode", feature, image)
classify, teacher = ld.Kernel("classify", feature, digit), ld.Kernel("teacher", image, digit)
WEIGHTS = {"distilled": 0.1, "rebuilt": 1 / 3, "supervised": 1.0}
DIAGRAM = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> encode >> classify, label),
    ld.Constraint("rebuilt", encode >> decode, ld.Id(image), over=pixels, weight=WEIGHTS["rebuilt"]),
    ld.Constraint(
        "distilled", pixels >> encode >> classify, pixels >> teacher, weight=WEIGHTS["distilled"],
        divergence={"name": "kl", "temperature": 3.3},
    ),
    frozen=[teacher], name="example",
)  # fmt: skip


def functor():
    torch.manual_seed(0)
    return TorchFunctor(
        ob={image: Euclidean(6), feature: Euclidean(3), digit: Finite(4)},
        ar={encode: nn.Linear(6, 3), decode: nn.Linear(3, 6), classify: nn.Linear(3, 4), teacher: nn.Linear(6, 4)},
    )


def batch(dtype=torch.float32, rows=5):
    torch.manual_seed(1)
    return {"digits": {"pixels": torch.randn(rows, 6).to(dtype), "label": torch.randint(0, 4, (rows,))}}


@pytest.fixture
def objective():
    return compile(DIAGRAM, functor())


def test_the_code_is_what_runs(objective):
    printed = make_function(objective.code, "loss", "printed")
    total, terms = printed(batch(), objective.boxes, objective.constants)
    ours, own = objective(batch())
    assert torch.equal(total, ours) and all(torch.equal(terms[name], own[name]) for name in own)


def test_the_code_is_readable(objective):
    lines = [line.strip() for line in objective.code.splitlines()]
    for line in (
        "def loss(batch, boxes, constants):",
        "# supervised: pixels >> encode >> classify = label",
        "# rebuilt: encode >> decode = Id(image) over pixels",
        "pixels = batch['digits']['pixels']",
        "encode_out = boxes['encode'](pixels)",
        "supervised = cross_entropy(label, classify_out)",
        "total = total + constants['weight_supervised'] * supervised  # 1.0",
    ):
        assert lines.count(line) == 1, line


def test_the_total_is_exactly_the_weighted_sum_of_unweighted_terms(objective):
    total, terms = objective(batch())
    assert list(terms) == ["distilled", "rebuilt", "supervised"]
    assert all(term.shape == () and term.requires_grad for term in terms.values())
    d, r, s = terms.values()
    assert torch.equal(total, (0.1 * d + (1 / 3) * r) + 1.0 * s)


def test_equal_learning_diagrams_compile_to_the_same_code(objective):
    rewritten = ld.LearningDiagram(*reversed(DIAGRAM.constraints), frozen=["teacher"], name="another name")
    assert rewritten == DIAGRAM and compile(rewritten, functor()).code == objective.code


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["deep", "pickle"])
def test_a_copy_is_an_objective_of_its_own(objective, duplicate):
    other = duplicate(objective)
    assert torch.equal(other(batch())[0], objective(batch())[0]) and other.code == objective.code
    with torch.no_grad():
        other.boxes.of("encode").weight.zero_()
    assert objective.boxes.of("encode").weight.abs().sum() > 0
    assert other.functor.module("encode") is other.boxes.of("encode")
    other.train()
    assert not other.boxes.of("teacher").training
    assert other.state_dict().keys() == objective.state_dict().keys()
    other.load_state_dict(objective.state_dict())
    assert torch.equal(other(batch())[0], objective(batch())[0])


def test_torch_compile_gives_the_same_value_and_gradients(objective):
    compiled = torch.compile(objective, fullgraph=True, backend="aot_eager")
    total, terms = compiled(batch())
    plain, expected = objective(batch())
    torch.testing.assert_close(total, plain, rtol=1e-6, atol=0)
    assert terms.keys() == expected.keys()
    ours = torch.autograd.grad(total, objective.trainable_parameters())
    for gradient, reference in zip(ours, torch.autograd.grad(plain, objective.trainable_parameters()), strict=True):
        torch.testing.assert_close(gradient, reference, rtol=1e-5, atol=1e-7)


def test_weights_are_exact_in_double(objective):
    total, terms = objective.double()(batch(torch.float64))
    d, r, s = terms.values()
    assert total.dtype == torch.float64 and torch.equal(total, (0.1 * d + (1 / 3) * r) + 1.0 * s)


def test_weights_are_exact_for_double_data_where_no_parameter_says_the_dtype():
    f = ld.Box("f", image, image)
    constraint = ld.Constraint("c", f, ld.Id(image), over=pixels, weight=0.1)
    plain = compile(ld.LearningDiagram(constraint), TorchFunctor(ob={image: Euclidean(6)}, ar={f: lambda v: 2 * v}))
    total, terms = plain({"digits": {"pixels": batch(torch.float64)["digits"]["pixels"]}})
    assert terms["c"].dtype == torch.float64 and torch.equal(total, 0.1 * terms["c"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_precision_model_has_terms_and_weights_of_float32(objective, dtype):
    total, terms = objective.to(dtype)(batch(dtype))
    assert total.dtype == torch.float32 and all(term.dtype == torch.float32 for term in terms.values())
    assert torch.equal(total, 0.1 * terms["distilled"] + (1 / 3) * terms["rebuilt"] + terms["supervised"])
    assert objective.double().constants.weight_distilled.item() == 0.1


def test_a_constraint_that_the_theory_proves_is_the_constant_0_with_a_warning():
    proved = ld.Constraint("proved", encode >> ld.Copy(feature), ld.Copy(image) >> encode @ encode, over=pixels)
    with pytest.warns(UserWarning, match="'proved' is proved by the theory alone"):
        objective = compile(DIAGRAM.add(proved), functor())
    total, terms = objective(batch())
    assert terms["proved"].item() == 0.0 and torch.equal(total, compile(DIAGRAM, functor())(batch())[0])


def test_a_divergence_for_each_wire_and_a_temperature():
    both = encode >> ld.Copy(feature) >> feature @ classify
    constraint = ld.Constraint(
        "c", both, ld.Copy(image) >> encode @ teacher >> ld.Box("turn", feature, feature) @ digit, over=pixels,
        divergence=["absolute", {"name": "kl", "temperature": 2}],
    )  # fmt: skip
    F = functor()
    with pytest.raises(ld.UnknownName, match="'turn'"):
        compile(ld.LearningDiagram(constraint), F)
    F = TorchFunctor(ob=F.spaces, ar={**F.modules, "turn": torch.neg})
    _, terms = compile(ld.LearningDiagram(constraint), F)({"digits": {"pixels": batch()["digits"]["pixels"]}})
    x = batch()["digits"]["pixels"]
    z = F(encode)(x)
    log_p, log_r = (F(classify)(z) / 2).log_softmax(-1), (F(teacher)(x) / 2).log_softmax(-1)
    expected = (2 * z).abs().sum(1).mean() + (log_r.exp() * (log_r - log_p)).sum(1).mean()
    torch.testing.assert_close(terms["c"], expected)


# ---- models ---------------------------------------------------------------------------------------------------------


def test_models_of_composites_of_several_outputs_and_of_sample_spaces(objective):
    x, F = batch()["digits"]["pixels"], objective.functor
    both = encode >> ld.Copy(feature) >> decode @ classify
    for output, reference in zip(objective.model(both)(x), F(both)(x), strict=True):
        assert torch.equal(output, reference)
    assert torch.equal(objective.model(pixels >> encode)({"pixels": x}), F(encode)(x))
    assert objective.model(ld.Discard(image))(x) == ()
    assert torch.equal(objective.model(ld.Id(image))(x), x)
    model = objective.model(encode)
    assert model.boxes.of("encode") is objective.boxes.of("encode") and "boxes['encode']" in model.code
    with pytest.raises(ld.DataError, match="takes 1 input, one a wire; got 2"):
        model(x, x)
    with pytest.raises(ld.UnknownName, match="'encoder'"):
        objective.model(ld.Box("encoder", image, feature))


def test_a_model_of_a_product_of_one_sample_space_reads_each_of_its_inputs(objective):
    zeros, ones = {"pixels": torch.zeros(2, 6)}, {"pixels": torch.ones(2, 6)}
    first, second = objective.model(pixels @ pixels)(zeros, ones)
    assert torch.equal(first, zeros["pixels"]) and torch.equal(second, ones["pixels"])


class Constant(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self):
        return self.value


def test_a_model_from_nothing_draws_as_many_rows_as_it_is_asked_for():
    noise, bias = ld.Kernel("noise", ld.Ty(), image), ld.Box("bias", ld.Ty(), image)
    turn = ld.Box("turn", image, feature)
    constant = nn.Parameter(torch.arange(6.0))
    modules = {
        noise: lambda: torch.distributions.Normal(torch.zeros(1, 6), torch.ones(1, 6)),
        turn: nn.Linear(6, 4),
        bias: Constant(constant),
    }
    F = TorchFunctor(ob={image: Euclidean(6), feature: Euclidean(4)}, ar=modules)
    made = compile(ld.LearningDiagram(ld.Constraint("c", noise >> turn, bias >> turn, divergence="energy_distance")), F)
    for rows in (1, 64):
        drawn = made.model(noise >> turn)(rows=rows)
        assert drawn.shape == (rows, 4) and len(torch.unique(drawn, dim=0)) == rows
        assert made.model(noise)(rows=rows).sample().shape == (rows, 6)
        assert torch.equal(made.model(bias >> turn)(rows=rows), modules[turn](constant.expand(rows, 6)))
        both = made.model((noise >> turn) @ bias)(rows=rows)
        assert [part.shape for part in both] == [(rows, 4), (rows, 6)]
    assert made.model(noise >> turn)().shape == (1, 4)
    assert made.model(turn)(torch.zeros(3, 6), rows=3).shape == (3, 4)
    beside = made.model(noise @ image >> turn @ turn)(torch.zeros(3, 6))
    assert [part.shape for part in beside] == [(3, 4), (3, 4)]
    with pytest.raises(ld.DataError, match="have 3 rows, and rows=4"):
        made.model(turn)(torch.zeros(3, 6), rows=4)
    with pytest.raises(ld.DataError, match="have 3, 2 rows; each row"):
        made.model(turn @ turn)(torch.zeros(3, 6), torch.zeros(2, 6))
    for wrong in (0, True, 2.0, "4"):
        with pytest.raises(ld.DataError, match="rows= of the model I → feature is a whole number ≥ 1"):
            made.model(noise >> turn)(rows=wrong)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ((torch.zeros(2, 5),), r"\[2, 5\] float32, where Euclidean\(6\) needs \[rows, 6\] of a floating dtype"),
        ((torch.zeros(6),), r"\[6\] float32"),
        ((torch.zeros(2, 6).long(),), r"\[2, 6\] int64"),
        (([0.0] * 6,), r"must be a tensor, got \[0\.0"),
    ],
    ids=["shape", "no rows", "dtype", "list"],
)
def test_an_input_of_a_model_that_does_not_lie_in_its_space_is_refused(objective, values, fault):
    with pytest.raises(ld.DataError, match=rf"^input 1 of the model image → feature (is )?{fault}"):
        objective.model(encode)(*values)
    with pytest.raises(ld.DataError, match="is a sample space: give a mapping"):
        objective.model(pixels >> encode)(torch.zeros(2, 6))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deep", "pickle"])
def test_a_copy_of_a_model_is_a_model_of_its_own(objective, duplicate, training):
    x, model = batch()["digits"]["pixels"], objective.train(training).model(encode >> classify)
    expected, other = model(x), duplicate(model)
    assert torch.equal(other(x), expected) and other.code == model.code
    assert [part.training for part in other.modules()] == [part.training for part in model.modules()]
    with torch.no_grad():
        other.boxes.of("encode").weight.zero_()
    assert torch.equal(model(x), expected) and not torch.equal(other(x), expected)


def test_a_copy_of_a_model_of_a_frozen_box_stays_frozen(objective):
    other = copy.deepcopy(objective.model(teacher)).train()
    assert not other.boxes.of("teacher").training and not any(p.requires_grad for p in other.parameters())


def test_a_model_can_be_exported(objective):
    x = batch()["digits"]["pixels"]
    exported = torch.export.export(objective.model(encode >> classify), (x,))
    torch.testing.assert_close(exported.module()(x), objective.functor(encode >> classify)(x))


# ---- batches --------------------------------------------------------------------------------------------------------


def test_batches_are_checked(objective):
    good = batch()["digits"]
    faults = {
        "'digits' is missing": {},
        "'label' of sample space 'digits' is missing": {"digits": {"pixels": good["pixels"]}},
        "'lable' that the learning diagram .*did you mean 'label'": {"digits": good | {"lable": good["label"]}},
        "a sample space 'other'": {"digits": good, "other": {}},
        "unequal numbers of rows": {"digits": {**good, "pixels": good["pixels"][:3]}},
        r"shape \[5, 2\], where Euclidean\(6\) needs \[rows, 6\]": {"digits": good | {"pixels": good["pixels"][:, :2]}},
        "dtype float64, and the model computes in float32": {"digits": {**good, "pixels": good["pixels"].double()}},
        "dtype float32, where .* needs int64": {"digits": {**good, "label": good["label"].float()}},
        "has no row": {"digits": {name: column[:0] for name, column in good.items()}},
        "must be a tensor": {"digits": {**good, "label": good["label"].tolist()}},
        "a batch maps sample spaces": [good],
    }  # fmt: skip
    for message, bad in faults.items():
        with pytest.raises(ld.DataError, match=message):
            objective(bad)
    extra = {"digits": {"id": ["a", "b"], **good}, "other": {}}
    assert torch.equal(objective(extra, strict=False)[0], objective(batch())[0])


def test_columns_that_no_term_reads_may_be_missing_and_extra_ones_have_no_effect():
    u = ld.Box("u", ld.Ty(), image)
    unread = ld.Constraint(
        "c", pixels, ld.Copy(digits.ty) >> (label >> ld.Discard(digit)) @ digits.ty >> u @ ld.Discard(digits.ty)
    )
    F = TorchFunctor(ob={image: Euclidean(6), digit: Finite(4)}, ar={u: lambda: torch.zeros(6)})
    objective = compile(ld.LearningDiagram(unread), F)
    x = batch()["digits"]["pixels"]
    expected = x.square().sum(1).mean()
    torch.testing.assert_close(objective({"digits": {"pixels": x}})[0], expected)
    torch.testing.assert_close(objective({"digits": {"id": ["a"], "pixels": x}}, strict=False)[0], expected)
