"""Networks of sequences by name: gru, transformer. Their sizes follow from the spaces at the wires of a box.

A box reads one sequence, of tokens or of vectors. It returns an output for each position where its output space has as
many positions as the input, and else one output for all. Positions that are absent are not read: those with the padding
of `Tokens(…, padding=0)`, or those that a second wire in `Mask(length)` says to be absent.

Sources: Cho et al., *Learning phrase representations using RNN encoder–decoder* (2014); Vaswani et al., *Attention is
all you need* (2017); Xiong et al., *On layer normalization in the transformer architecture* (2020).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from learning_diagrams.backends.torch.functor.space import Mask
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.names.registry import MODULES, Count, Share
from learning_diagrams.errors import CompileError


def gru(
    ends: BoxEnds, width: Count = 64, layers: Count = 1, both_ways: bool = False, dropout: Share = 0.0
) -> nn.Module:
    """A gated recurrent unit; an output for all positions reads the last state, or the mean of both ways.

    Its sequence may have any length, as in Tokens(11, None).
    """
    features, pooling = (2 * width, "mean") if both_ways else (width, "last")
    return OfSequence(ends, width, Recurrent(width, layers, both_ways, dropout), features, pooling)


def transformer(
    ends: BoxEnds,
    width: Count = 64,
    heads: Count = 4,
    layers: Count = 2,
    hidden: Count = 256,
    causal: bool = False,
    dropout: Share = 0.0,
) -> nn.Module:
    """Layers of attention, with learnt positions; an output for all positions reads the mean of their states."""
    if width % heads:
        raise CompileError(f"the width of a transformer is a multiple of its heads; got width {width}, heads {heads}")
    length = positions(ends)
    if length is None:
        raise CompileError(
            "a transformer learns a vector for each position, so the length of its sequence is a number; gru takes any "
            f"length; {ends.in_words}"
        )
    encoder = Attention(length, width, heads, layers, hidden, causal, dropout)
    return OfSequence(ends, width, encoder, width, "mean")


def positions(ends: BoxEnds) -> int | None:
    """The number of positions of the sequence that a box reads, None where it is open; `CompileError` for others."""
    space, *masks = ends.inputs or (Mask(),)
    tokens = space.outcomes is not None and not space.one_hot
    shape = space.argument_shape
    told = [isinstance(mask, Mask) and mask.shape == shape[:1] for mask in masks]
    if len(shape) != (1 if tokens else 2) or None in shape[1:] or told not in ([], [True]):
        raise CompileError(
            "a network of sequences needs a box with one input, in Tokens(vocabulary, length) or "
            "Euclidean(length, features), and for sequences with padding a second one, in Mask(length); "
            f"{ends.in_words}"
        )
    if not told and tokens and (space.padding_label or 0) not in range(space.outcomes or 0):
        raise CompileError(
            f"a network of sequences does not see the padding {space.padding_label}, which is no token; pad with a "
            f"token of the vocabulary, or give the box a second input, in Mask({shape[0]}); {ends.in_words}"
        )
    return shape[0]


class OfSequence(nn.Module):
    """A module for a box, made of one from [rows, positions, width] to [rows, positions, features].

    Parameters
    ----------
    body : module of a tensor, and of None or of `Present`, the positions that it reads, which stand first then.
    """

    def __init__(self, ends: BoxEnds, width: int, body: nn.Module, features: int, pooling: str) -> None:
        super().__init__()
        length, space = positions(ends), ends.inputs[0]
        self.ends, self.pooling = ends, pooling
        self.padding, self.one_hot = space.padding_label, space.one_hot
        self.enter: nn.Module
        if space.outcomes is not None and not space.one_hot:
            self.enter = nn.Embedding(space.outcomes, width)
        else:
            self.enter = nn.Linear(space.argument_shape[1] or 0, width)
        self.body = body
        shape = ends.outputs[0].row_shape(ends.kind) if len(ends.outputs) == 1 else ()
        self.each = len(shape) == 2 and shape[0] == length and (not ends.kernel or ends.outputs[0].logits)
        self.leave = nn.Linear(features, (shape[1] or 0) if self.each else ends.numbers_out)

    def forward(self, sequence: Tensor, mask: Tensor | None = None) -> Any:
        if mask is None and self.padding is not None:
            mask = (sequence.argmax(-1) if self.one_hot else sequence) != self.padding
        present = None if mask is None else Present(mask)
        states = self.body(self.enter(sequence), present)
        if self.each:
            return self.leave(states if present is None else present.back(states))
        if present is not None:
            states = present.last(states) if self.pooling == "last" else present.mean(states)
        else:
            states = states[:, -1] if self.pooling == "last" else states.mean(1)
        return self.ends.write(self.leave(states))


class Present:
    """The positions of sequences that are present: they come first, and absent ones count for nothing.

    >>> present = Present(torch.tensor([[True, False, True], [False, False, False]]))
    >>> states = torch.tensor([[1.0, 7.0, 2.0], [7.0, 7.0, 7.0]])[..., None]
    >>> first = present.first(states)
    >>> first[0, :2].flatten().tolist(), present.back(first).flatten().tolist()
    ([1.0, 2.0], [1.0, 0.0, 2.0, 0.0, 0.0, 0.0])
    >>> present.last(first).tolist(), present.mean(first).tolist()
    ([[2.0], [0.0]], [[1.5], [0.0]])

    Parameters
    ----------
    mask : bool [rows, positions].

    Attributes
    ----------
    counts : int64 [rows], the positions that are read: one where none is present, which counts for nothing.
    absent : bool [rows, positions], those that are not read, after `first`.
    places : int64 [rows, positions], where each position comes to stand by `first`.
    """

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask
        whole = mask.sum(1)
        self.places = torch.where(mask, mask.cumsum(1), whole[:, None] + (~mask).cumsum(1)) - 1
        self.counts = whole.clamp(min=1)
        self.absent = torch.arange(mask.shape[1], device=mask.device) >= self.counts[:, None]

    def first(self, x: Tensor) -> Tensor:
        """The positions [rows, positions, features] with the present ones first, in their order."""
        return torch.zeros_like(x).scatter(1, self.places[..., None].expand_as(x), x)

    def back(self, states: Tensor) -> Tensor:
        """The states in the order of the sequence, and 0 where it is absent."""
        return _taken(states, self.places) * self.mask[..., None]

    def last(self, states: Tensor) -> Tensor:
        """The state of the last position that is present [rows, features]."""
        return _taken(states, self.counts[:, None] - 1)[:, 0] * self.mask.any(1, keepdim=True)

    def mean(self, states: Tensor) -> Tensor:
        """The mean of the states that are present [rows, features]."""
        total = (states * ~self.absent[..., None]).sum(1)
        return total / self.counts[:, None] * self.mask.any(1, keepdim=True)


def _taken(x: Tensor, places: Tensor) -> Tensor:
    """The positions of x [rows, positions, features] at places [rows, n]."""
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[2]))


class Recurrent(nn.Module):
    """The states of a GRU."""

    def __init__(self, width: int, layers: int, both_ways: bool, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(width, width, layers, batch_first=True, dropout=dropout, bidirectional=both_ways)

    def forward(self, x: Tensor, present: Present | None) -> Tensor:
        x = x if present is None else present.first(x)
        if present is None or not self.gru.bidirectional:  # no state of one direction follows from a later position
            states: Tensor = self.gru(x)[0]
            return states
        packed = pack_padded_sequence(x, present.counts.cpu(), True, enforce_sorted=False)
        return pad_packed_sequence(self.gru(packed)[0], True, total_length=x.shape[1])[0]


class Attention(nn.Module):
    """The states of a transformer whose norms stand before its layers."""

    def __init__(
        self, length: int, width: int, heads: int, layers: int, hidden: int, causal: bool, dropout: float
    ) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(length, width) * 0.02)
        layer = nn.TransformerEncoderLayer(width, heads, hidden, dropout, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        self.register_buffer("hidden_places", later if causal else None, persistent=False)

    def forward(self, x: Tensor, present: Present | None) -> Tensor:
        x = x + self.place
        if present is not None:
            x = present.first(x)
        # Where the mask is not said to be causal PyTorch looks at its values, which no exported program does.
        states: Tensor = self.layers(
            x, self.hidden_places, present and present.absent, is_causal=self.hidden_places is not None
        )
        return states


for maker in (gru, transformer):
    MODULES.register(maker.__name__, maker)
