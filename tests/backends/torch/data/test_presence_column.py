"""The column of presence: boxes read where another column is present."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import (
    Euclidean,
    Mask,
    Tokens,
    TorchFunctor,
    compile,
    fit,
)
from tagged_texts import EXACT, K, L, V, flags, objective, tags, texts, w, words, y

torch.set_num_threads(1)


class Attention(nn.Module):
    """Logits of each word, by attention to the words that are present."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words, self.out = nn.Embedding(V, 8, dtype=torch.float64), nn.Linear(8, K, dtype=torch.float64)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True, dtype=torch.float64)

    def forward(self, tokens, present):
        value = self.words(tokens)
        return self.out(self.attention(value, value, value, key_padding_mask=~present)[0])


attend = ld.Kernel("attend", words @ flags, tags)
attended = ld.LearningDiagram(
    ld.Constraint("c", ld.Copy(texts.ty) >> w @ texts.presence("w", flags) >> attend, y), name="attention"
)
DATA = torch.tensor([[1, 2, 0], [0, 0, 0], [3, 0, 0]])
LABELS = torch.tensor([[1, 2, -100], [-100, -100, -100], [3, -100, -100]])


def attention(net, padding=0, length=L):
    ob = {words: Tokens(V, length, padding=padding), tags: Tokens(K, length, padding=-100), flags: Mask(length)}
    return compile(attended, TorchFunctor(ob=ob, ar={attend: net}))


@pytest.mark.parametrize("padding", [0, None])
@pytest.mark.parametrize("length", [L, None])
def test_boxes_read_where_a_column_is_present(padding, length):
    """Attention sees no padding; a sentence without words gives no NaN, not even in a batch of such sentences."""
    net = Attention()
    loss = attention(net, padding, length)
    column = DATA if padding == 0 else (DATA, DATA != 0)
    total, _ = loss({"texts": {"w": column, "y": LABELS}})
    some = [0, 2]
    each = functional.cross_entropy(net(DATA[some], DATA[some] != 0).movedim(-1, 1), LABELS[some], reduction="none")
    torch.testing.assert_close(total, each.sum() / 2, **EXACT)
    total.backward()
    assert all(parameter.grad.isfinite().all() for parameter in net.parameters())
    net.zero_grad()
    empty = DATA[1:2] if padding == 0 else (DATA[1:2], DATA[1:2] != 0)
    total, _ = loss({"texts": {"w": empty, "y": LABELS[1:2]}})
    total.backward()
    assert total == 0 and all(not parameter.grad.any() for parameter in net.parameters())


def test_presence_is_true_everywhere_without_a_mask_and_may_be_given():
    seen = []
    net = Attention()
    loss = attention(lambda tokens, present: (seen.append(present), net(tokens, present))[1], padding=None)
    seen.clear()
    loss({"texts": {"w": DATA, "y": LABELS}})
    loss({"texts": {"w": (DATA, torch.tensor([True, True, False])), "y": LABELS}})
    loss({"texts": {"w": DATA, "w.presence": DATA == 1, "y": LABELS}})
    assert seen[0].all() and seen[1].all()  # the third row counts nowhere, and is computed as one that counts
    assert torch.equal(seen[2], DATA == 1)


def test_fit_validates_with_presence():
    data = {"texts": {"w": DATA, "y": LABELS}}
    history = fit(attention(Attention()), data, epochs=2, batch_size=2, validation=data, progress=False)
    assert all(math.isfinite(epoch["validation/c"]) for epoch in history.epochs)


def test_presence_survives_files_names_and_unions(tmp_path):
    path = tmp_path / "attention.yaml"
    ld.save(attended, path)
    assert ld.load(path) == attended and ld.load(path).digest() == attended.digest()
    renamed = attended.rename({"texts.w": "tokens", "texts": "corpus"})
    assert [column.name for column in renamed.columns] == ["tokens", "tokens.presence", "y"]
    assert renamed.rename({"corpus.tokens": "w", "corpus": "texts"}) == attended
    with pytest.raises(ld.TypeMismatch, match="named after it"):
        attended.rename({"texts.w.presence": "m"})
    both = ld.coproduct(attended, attended)
    assert all(f"{name}.presence" in columns for columns in _columns(both) for name in columns if name.endswith("w"))


def _columns(diagram):
    spaces = {column.space.name for column in diagram.columns}
    return [{column.name for column in diagram.columns if column.space.name == name} for name in spaces]


class Accuracy:
    """The share of right labels, as a metric object has it."""

    def reset(self):
        self.right = self.seen = 0

    def update(self, logits, labels):
        self.right += int((logits.argmax(-1) == labels).sum())
        self.seen += labels.numel()

    def compute(self):
        return self.right / self.seen


def test_metrics_and_predictions_see_what_is_present():
    net = Attention()
    loss = attention(net)
    data = {"texts": {"w": DATA, "y": LABELS}}
    predicted = attended.constraints[0].lhs
    some = LABELS != -100
    right = (net(DATA[[0, 2]], DATA[[0, 2]] != 0).argmax(-1) == LABELS[[0, 2]])[some[[0, 2]]]
    measured = loss.evaluate(data, {"accuracy": (Accuracy(), predicted, y)}, batch_size=2)
    assert measured["accuracy"] == right.double().mean().item()
    torch.testing.assert_close(measured["c"], loss(data)[0].item(), **EXACT)
    values, present = loss.predict(data, predicted)
    assert values.shape == (3, L, K) and torch.equal(present, DATA != 0)


X = ld.Ty("x")
NO_LOSS = {
    "is a presence, so its object is sent to Mask.3., got Euclidean.3.": lambda: compile(
        attended,
        TorchFunctor(ob={words: Tokens(V, L), tags: Tokens(K, L), flags: Euclidean(L)}, ar={attend: Attention()}),
    ),
    "is the presence of the column 'v', which no constraint": lambda: objective(
        texts.presence("v", flags) >> ld.Box("f", flags, X), texts.column("a", X), {flags: Mask(2), X: Euclidean(2)},
        {"f": lambda bits: bits.float()},
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", NO_LOSS)
def test_a_presence_of_nothing_is_a_compile_error(message):
    with pytest.raises(ld.CompileError, match=message):
        NO_LOSS[message]()
