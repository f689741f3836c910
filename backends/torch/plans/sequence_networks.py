"""Networks of sequences by name: gru, transformer. Their sizes follow from the spaces at the wires of a box.

A box reads one sequence, of tokens or of vectors. It returns an output for each position where its output space has as
many positions as the input, and else one output for all.

Sources: Cho et al., *Learning phrase representations using RNN encoder–decoder* (2014); Vaswani et al., *Attention is
all you need* (2017); Xiong et al., *On layer normalization in the transformer architecture* (2020).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from learning_diagrams.backends.torch.plans.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.registry import MODULES, Count, Share
from learning_diagrams.errors import CompileError


def gru(
    ends: BoxEnds, width: Count = 64, layers: Count = 1, both_ways: bool = False, dropout: Share = 0.0
) -> nn.Module:
    """A gated recurrent unit; an output for all positions reads the last state, or the mean of both ways."""
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
    encoder = Attention(positions(ends), width, heads, layers, hidden, causal, dropout)
    return OfSequence(ends, width, encoder, width, "mean")


def positions(ends: BoxEnds) -> int:
    """The number of positions of the only input; `CompileError` for others."""
    sizes = ends.sizes(ends.inputs[0]) if len(ends.inputs) == 1 else ()
    tokens = bool(ends.inputs) and ends.inputs[0].outcomes is not None
    if len(sizes) != (1 if tokens and not ends.inputs[0].one_hot else 2):
        raise CompileError(
            "a network of sequences needs a box with one input, in Tokens(vocabulary, length) or "
            f"Euclidean(length, features); {ends.in_words}"
        )
    return sizes[0]


class OfSequence(nn.Module):
    """A module for a box, made of one from [rows, positions, width] to [rows, positions, features]."""

    def __init__(self, ends: BoxEnds, width: int, body: nn.Module, features: int, pooling: str) -> None:
        super().__init__()
        length = positions(ends)
        (space,) = ends.inputs
        self.ends, self.pooling = ends, pooling
        self.enter: nn.Module
        if space.outcomes is not None and not space.one_hot:
            self.enter = nn.Embedding(space.outcomes, width)
        else:
            self.enter = nn.Linear(ends.sizes(space)[1], width)
        self.body = body
        shape = ends.outputs[0].row_shape(ends.kind) if len(ends.outputs) == 1 else ()
        self.each = len(shape) == 2 and shape[0] == length and (not ends.kernel or ends.outputs[0].logits)
        self.leave = nn.Linear(features, ends.numbers_out // length if self.each else ends.numbers_out)

    def forward(self, sequence: Tensor) -> Any:
        states = self.body(self.enter(sequence))
        if not self.each:
            states = states[:, -1] if self.pooling == "last" else states.mean(1)
        return self.ends.write(self.leave(states).flatten(1))


class Recurrent(nn.Module):
    """The states of a GRU."""

    def __init__(self, width: int, layers: int, both_ways: bool, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(width, width, layers, batch_first=True, dropout=dropout, bidirectional=both_ways)

    def forward(self, x: Tensor) -> Tensor:
        states: Tensor = self.gru(x)[0]
        return states


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

    def forward(self, x: Tensor) -> Tensor:
        # Where the mask is not said to be causal PyTorch looks at its values, which no exported program does.
        states: Tensor = self.layers(x + self.place, self.hidden_places, is_causal=self.hidden_places is not None)
        return states


for maker in (gru, transformer):
    MODULES.register(maker.__name__, maker)
