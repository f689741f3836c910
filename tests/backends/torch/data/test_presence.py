"""Masks as fine as positions: what a term compares, what it is a mean over, and what no absent value reaches."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import (
    Bernoulli,
    Euclidean,
    Finite,
    Tokens,
    TorchFunctor,
    compile,
    divergence,
    fit,
)
from learning_diagrams.backends.torch.divergences.table import LIBRARY
from learning_diagrams.backends.torch.objective.explanation import explain
from tagged_texts import (
    EXACT,
    REDUCTIONS,
    K,
    L,
    V,
    by_hand,
    flags,
    objective,
    student,
    table,
    tags,
    teacher,
    texts,
    w,
    words,
    y,
)

torch.set_num_threads(1)

sentences = st.lists(st.lists(st.integers(0, V - 1), min_size=L, max_size=L), min_size=1, max_size=3)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("named", [False, True])
@settings(max_examples=8, deadline=None)
@given(sentences)
def test_distillation_over_padding_is_right_by_itself(reduction, named, rows):
    """Two kernels have no padding of their own; the words say where padding is."""
    one, two, data = table(0), table(1), torch.tensor(rows)
    positions = {"positions": "word"} if named else {}
    ob = {words: Tokens(V, L, padding=0, **positions), tags: Tokens(K, L, padding=0, reduction=reduction, **positions)}
    loss = objective(w >> student, w >> teacher, ob, {student: one, teacher: two})
    total, _ = loss({"texts": {"w": data}})
    log, probabilities = one(data).log_softmax(-1), two(data).softmax(-1)
    each = functional.kl_div(log, probabilities, reduction="none").sum(-1)
    torch.testing.assert_close(total, by_hand(each, data != 0, reduction), **EXACT)
    total.backward()
    absent = [word for word in range(V) if word not in data[data != 0]]
    assert not one.weight.grad[absent].any()


NAMES = sorted({name for name, *rest in LIBRARY if rest == ["tokens", "point", "distribution"]})


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4, deadline=None)
@given(st.data())
def test_the_mean_of_batches_is_that_of_the_joined_batch(name, data):
    """Σ value · count / Σ count, over every reduction, and masks of rows, of positions, and by padding."""
    reduction = data.draw(st.sampled_from(REDUCTIONS))
    ob = {
        words: Tokens(V, L),
        tags: Tokens(K, L, padding=data.draw(st.sampled_from([None, 0, -100])), reduction=reduction),
    }
    loss = objective(w >> student, y, ob, {student: table(0)}, name)
    batches = []
    for _ in range(3):
        n = data.draw(st.integers(1, 3))
        torch.manual_seed(data.draw(st.integers(0, 99)))
        labels = torch.where(torch.rand(n, L) < 0.3, ob[tags].padding or 0, torch.randint(K, (n, L)))
        fine = torch.rand(n, L) < 0.7
        batches.append((torch.randint(V, (n, L)), torch.rand(n) < 0.7, labels, fine))
    shape = data.draw(st.sampled_from(["none", "rows", "positions"]))

    def batch(tokens, rows, labels, fine):
        column = (labels, fine) if shape == "positions" else (labels, fine[:, 0]) if shape == "rows" else labels
        return {"texts": {"w": (tokens, rows), "y": column}}

    joined = batch(*map(torch.cat, zip(*batches, strict=True)))
    parts = [(loss(batch(*each))[0], loss.counts(batch(*each))["c"]) for each in batches]
    count = sum(number for _, number in parts)
    mean = sum(value * number for value, number in parts) / count.clamp(min=1)
    torch.testing.assert_close(loss(joined)[0], mean, **EXACT)
    assert loss.counts(joined)["c"] == count and count.dtype == torch.int64
    rows = loss.defects(joined)["c"]
    torch.testing.assert_close(rows.sum() / count.clamp(min=1), mean, **EXACT)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("padding", "mask"), list(itertools.product([None, 0, -100, 255], ["none", "rows", "positions"]))
)
def test_cross_entropy_is_pytorchs(reduction, padding, mask):
    torch.manual_seed(0)
    tokens, labels = torch.randint(V, (4, L)), torch.randint(1, K, (4, L))
    labels[0, 1:] = labels[2] = padding or 0
    present = torch.ones(4, L, dtype=torch.bool) if padding is None else labels != padding
    fine = torch.rand(4, L) < 0.6
    given_mask = {"none": None, "rows": fine[:, 0], "positions": fine}[mask]
    if given_mask is not None:
        present = present & (fine if mask == "positions" else fine[:, :1])
    one = table(0)
    ob = {words: Tokens(V, L), tags: Tokens(K, L, padding=padding, reduction=reduction)}
    loss = objective(w >> student, y, ob, {student: one})
    hidden = torch.where(present, labels, -7) if given_mask is not None and padding is None else labels
    total, _ = loss({"texts": {"w": tokens, "y": hidden if given_mask is None else (hidden, given_mask)}})
    target = torch.where(present, labels, -100)
    each = functional.cross_entropy(one(tokens).movedim(-1, 1), target, reduction="none")
    torch.testing.assert_close(total, by_hand(each, present, reduction), **EXACT)
    if reduction == "tokens":
        mean = functional.cross_entropy(one(tokens).movedim(-1, 1), target)  # PyTorch's own mean
        torch.testing.assert_close(total, mean, **EXACT)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_fused_path_is_the_path_of_rows(reduction):
    """A mask that is True everywhere changes nothing, and an unmasked loss is read from the code that is shown."""
    ob = {words: Tokens(V, None), tags: Tokens(K, None, reduction=reduction)}
    loss = objective(w >> student, y, ob, {student: table(0)})
    tokens, labels = torch.randint(V, (4, 5)), torch.randint(K, (4, 5))
    full = torch.ones(4, 5, dtype=torch.bool)
    plain, _ = loss({"texts": {"w": tokens, "y": labels}})
    for column in ((labels, full), (labels, full[:, 0])):
        torch.testing.assert_close(loss({"texts": {"w": tokens, "y": column}})[0], plain, **EXACT)
    assert ("mean=True" in loss.code) == (reduction != "sum")
    assert loss.counts({"texts": {"w": tokens, "y": labels}})["c"] == (20 if reduction == "tokens" else 4)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_every_mask_that_a_term_reads_is_respected(reduction):
    """Of one row no position is present on both sides, another row is absent, and one draw reads the row before."""
    one = table(0)
    tokens, labels = torch.randint(1, V, (5, L)), torch.randint(K, (5, L))
    seen = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 1, 1]]).bool()
    known = torch.tensor([[0, 1, 1], [1, 0, 1], [1, 1, 1], [0, 1, 0], [1, 1, 1]]).bool()
    rows = torch.tensor([True, True, False, True, True])
    ob = {
        words: Tokens(V, L, positions="p"), tags: Tokens(K, L, positions="p", reduction=reduction), flags: Euclidean(1),
    }  # fmt: skip
    extra = texts.column("extra", flags)
    read = ld.Kernel("student", words @ flags, tags)
    data = {"w": (tokens, seen), "y": (labels, known), "extra": (torch.zeros(5, 1), rows)}
    each = functional.cross_entropy(one(tokens).movedim(-1, 1), labels, reduction="none")

    class Student(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = one

        def forward(self, words, _):
            return self.one(words)

    loss = objective(ld.Copy(texts.ty) >> w @ extra >> read, y, ob, {read: Student()})
    present = seen & known & rows[:, None]
    torch.testing.assert_close(loss({"texts": data})[0], by_hand(each, present, reduction), **EXACT)
    # y is of one row, w and extra of the row before
    loss = objective(
        ld.Discard(texts.ty) @ ld.Copy(texts.ty) >> w @ extra >> read, y @ ld.Discard(texts.ty), ob, {read: Student()}
    )
    each = functional.cross_entropy(one(tokens.roll(1, 0)).movedim(-1, 1), labels, reduction="none")
    present = seen.roll(1, 0) & known & rows.roll(1)[:, None]
    torch.testing.assert_close(loss({"texts": data})[0], by_hand(each, present, reduction), **EXACT)


def test_other_masks_count_for_rows():
    """A classifier of sentences: a sentence counts if one of its words is present."""
    topic, label = ld.Ty("topic"), texts.column("label", ld.Ty("topic"))
    net = nn.Sequential(table(0), nn.Flatten(), nn.Linear(L * K, 2, dtype=torch.float64))
    kernel = ld.Kernel("net", words, topic)
    loss = objective(w >> kernel, label, {words: Tokens(V, L, padding=0), topic: Finite(2)}, {kernel: net})
    data, labels = torch.tensor([[1, 2, 0], [0, 0, 0], [3, 0, 0]]), torch.tensor([0, 1, 1])
    total, _ = loss({"texts": {"w": data, "label": labels}})
    torch.testing.assert_close(total, functional.cross_entropy(net(data[[0, 2]]), labels[[0, 2]]), **EXACT)
    assert loss.counts({"texts": {"w": data, "label": labels}})["c"] == 2


def test_names_tell_positions_of_one_shape_apart():
    """Source and target have one space and one length; without names both masks would count, with names one does."""
    target = ld.Ty("target")
    translate, of = ld.Kernel("translate", words, target), texts.column("of", target)
    source, out = torch.tensor([[1, 2, 0]]), torch.tensor([[3, 0, 0]])
    for names, count in ((("source", "target"), 1), ((None, None), 1), (("a", "a"), 1)):
        source_space, target_space = (Tokens(V, L, padding=0, positions=n, reduction="tokens") for n in names)
        loss = objective(w >> translate, of, {words: source_space, target: target_space}, {translate: table(0, V, V)})
        assert loss.counts({"texts": {"w": source, "of": out}})["c"] == count
        both = 2 if names[0] == "source" else 1
        assert loss.counts({"texts": {"w": out, "of": source}})["c"] == both


def test_features_of_named_positions_are_compared_where_the_words_are():
    """Hidden states are distilled over padding: the mask of words is coarser than features."""
    state = ld.Ty("state")
    f, g = ld.Box("f", words, state), ld.Box("g", words, state)
    one, two, data = table(0), table(1), torch.tensor([[1, 2, 0], [0, 0, 0], [3, 0, 0]])
    ob = {words: Tokens(V, L, padding=0, positions="word"), state: Euclidean(L, K, positions="word")}
    for name, kernel, share in (
        ("squared_error", functional.mse_loss, 1), ("mean_squared_error", functional.mse_loss, 1 / K),
        ("absolute", functional.l1_loss, 1), ("huber", functional.huber_loss, 1),
    ):  # fmt: skip
        total, _ = objective(w >> f, w >> g, ob, {f: one, g: two}, name)({"texts": {"w": data}})
        each = torch.where((data != 0)[..., None], kernel(one(data), two(data), reduction="none"), 0.0).sum((1, 2))
        length = (data != 0).sum(1).clamp(min=1) if name.startswith("mean") else 1
        torch.testing.assert_close(total, (each * share / length).sum() / 2, **EXACT)


X, Y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of, y_of = rows.column("x", X), rows.column("y", Y)
box, kernel = ld.Box("f", X, Y), ld.Kernel("f", X, Y)
ELEMENTS = [
    *((name, Euclidean(3), box) for name in ("squared_error", "mean_squared_error", "absolute", "huber", "difference")),
    *((name, Bernoulli(3), kernel) for name, *rest in LIBRARY if rest == ["bits", "point", "distribution"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "space", "f"), ELEMENTS, ids=lambda part: part if isinstance(part, str) else "")
def test_bits_and_features_are_compared_one_by_one(name, space, f):
    """The value of a row is that of the space of its present elements; NaN at absent ones reaches nothing."""
    torch.manual_seed(0)
    net, inputs = nn.Linear(2, 3, dtype=torch.float64), torch.randn(4, 2, dtype=torch.float64)
    data = torch.randint(2, (4, 3)).double() if isinstance(space, Bernoulli) else torch.randn(4, 3, dtype=torch.float64)
    mask = torch.tensor([[True, False, True], [True, True, True], [False, False, False], [False, True, False]])
    loss = objective(x_of >> f, y_of, {X: Euclidean(2), Y: space}, {f: net}, name)
    total, _ = loss({"rows": {"x": inputs, "y": (torch.where(mask, data, math.nan), mask)}})
    carrier = next(key for key in LIBRARY if key[0] == name and key[1] == space.carrier and key[2] == "point")
    by_rows = LIBRARY[carrier].rows
    each = [by_rows(data[i : i + 1, mask[i]], net(inputs)[i : i + 1, mask[i]]) for i in (0, 1, 3)]
    torch.testing.assert_close(total, torch.cat(each).mean(), **EXACT)
    total.backward()
    assert net.weight.grad.isfinite().all() and net.weight.grad.any()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(4, 5), (None, None)])
def test_a_label_each_pixel_is_pytorchs_segmentation(reduction, shape):
    image, classes = ld.Ty("image"), ld.Ty("classes")
    of, label, net = rows.column("image", image), rows.column("classes", classes), ld.Kernel("net", image, classes)
    conv = nn.Conv2d(1, 3, 3, padding=1, dtype=torch.float64)

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = conv

        def forward(self, value):
            return self.conv(value).movedim(1, -1)

    ob = {image: Euclidean(1, *shape), classes: Finite(3, shape=shape, padding=255, reduction=reduction)}
    loss = objective(of >> net, label, ob, {net: Last()})
    torch.manual_seed(0)
    for height, width in ((4, 5), (6, 3)) if None in shape else ((4, 5),):
        pixels, target = torch.randn(3, 1, height, width, dtype=torch.float64), torch.randint(3, (3, height, width))
        target[0, :2] = target[1] = 255
        total, _ = loss({"rows": {"image": pixels, "classes": target}})
        each = functional.cross_entropy(conv(pixels), target, ignore_index=255, reduction="none")
        torch.testing.assert_close(total, by_hand(each, target != 255, reduction), **EXACT)
        lines = torch.rand(3, height) < 0.7  # a mask of lines is coarser than one of pixels
        total, _ = loss({"rows": {"image": pixels, "classes": (target, lines)}})
        torch.testing.assert_close(total, by_hand(each, (target != 255) & lines[:, :, None], reduction), **EXACT)
    with pytest.raises(ld.CompileError, match=r"logits.movedim\(1, -1\)"):
        objective(of >> net, label, {image: Euclidean(1, 4, 5), classes: Finite(3, shape=(4, 5))}, {net: conv})


def test_one_label_a_row_has_an_ignored_label_too():
    net = nn.Linear(2, 3, dtype=torch.float64)
    loss = objective(x_of >> kernel, y_of, {X: Euclidean(2), Y: Finite(3, padding=-100)}, {kernel: net})
    inputs, labels = torch.randn(4, 2, dtype=torch.float64), torch.tensor([0, -100, 2, -100])
    total, _ = loss({"rows": {"x": inputs, "y": labels}})
    torch.testing.assert_close(total, functional.cross_entropy(net(inputs), labels), **EXACT)
    fit(loss, {"rows": {"x": inputs, "y": labels}}, epochs=1, batch_size=2, progress=False)


def test_code_and_explanation_say_what_is_counted():
    spaces = {words: Tokens(V, L), tags: Tokens(K, L, padding=0, reduction="tokens")}
    loss = objective(w >> student, y, spaces, {student: table(0)})
    assert "# The loss of a batch in which nothing is absent, but the padding of texts.y may be absent." in loss.code
    text = explain(loss.diagram, {ty.inside[0].name: repr(space) for ty, space in spaces.items()})
    assert "mean over positions at which texts.y is present" in text
    text = explain(loss.diagram, {"words": "Tokens(6, 3)", "tags": "Tokens(4, 3)"})
    assert "mean over rows; of a row, the positions count at which texts.y is present" in text
    assert "mean over" not in explain(loss.diagram, {})


def test_a_column_in_the_space_that_is_compared_says_which_numbers_of_a_row_count():
    """The numbers of a vector are positions. A column in another space says which rows count."""
    state, image = ld.Ty("state"), ld.Ty("image")
    seen, at = ld.SampleSpace("obs").column("seen", state), ld.SampleSpace("bases").column("at", image)
    e, r, s = ld.Box("e", state, state), ld.Box("r", state, image), ld.Box("s", image, state)
    splits, section = ld.Constraint("splits", r >> s, e, over=seen), ld.Constraint("section", s >> e, s, over=at)
    text = explain(ld.LearningDiagram(splits, section), {"state": "Euclidean(4)", "image": "Euclidean(2)"})
    told = [line.strip() for line in text.splitlines() if "mean over rows; of a row" in line]
    assert told == ["mean over rows; of a row, the positions count at which obs.seen is present"]
    torch.manual_seed(0)
    spaces = {state: Euclidean(4), image: Euclidean(2)}
    nets = {e: nn.Linear(4, 4), r: nn.Linear(4, 2), s: nn.Linear(2, 4)}
    loss = compile(ld.LearningDiagram(splits, section), TorchFunctor(ob=spaces, ar=nets))
    x, a, here, there = torch.randn(9, 4), torch.randn(9, 2), torch.rand(9, 4) < 0.6, torch.rand(9, 2) < 0.5
    here[0], there[0] = False, False
    _, terms = loss({"obs": {"seen": (x, here)}, "bases": {"at": (a, there)}})
    x, a = torch.where(here, x, 0.5), torch.where(there, a, 0.5)
    each = (nets[s](nets[r](x)) - nets[e](x)) ** 2 * here
    torch.testing.assert_close(terms["splits"], each.sum(1)[here.any(1)].mean())
    each = (nets[e](nets[s](a)) - nets[s](a)) ** 2
    torch.testing.assert_close(terms["section"], each.sum(1)[there.any(1)].mean())


def test_no_positions_are_said_to_count_where_whole_rows_are_compared():
    """A mask of positions is an error there."""

    @divergence(formula="|p − r|", unit="units", row_by_row=True)
    def length_of_difference(reference, prediction):
        return (prediction - reference).norm(dim=1)

    x, restore = ld.Ty("x"), ld.Box("restore", ld.Ty("x"), ld.Ty("x"))
    seen = ld.SampleSpace("rows").column("seen", x)
    for name, count in (("length_of_difference", 0), ("squared_error", 1)):
        diagram = ld.LearningDiagram(ld.Constraint("close", seen >> restore, seen, divergence=name))
        assert explain(diagram, {"x": "Euclidean(4)"}).count("the positions count") == count
