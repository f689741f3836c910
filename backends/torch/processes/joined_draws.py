"""Draws of the rows of one process that are those of all rows, which one process would draw.

All processes have generators of one state. A draw of the rows of a process is made for all rows in each process, of
which it takes its own. So the generators stay equal, and the numbers are those of one process.

>>> draws = JoinedDraws()
>>> with torch.random.fork_rng(), draws:
...     _ = torch.manual_seed(0); every = torch.rand(4)
...     _ = torch.manual_seed(0)
...     with draws.of(rows=2, start=1, total=4):
...         own = torch.rand(2)
>>> torch.equal(own, every[1:3])
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from learning_diagrams.backends.torch.processes.world import joined
from learning_diagrams.errors import CompileError

# Functions whose draws depend on shapes only: the rows of the other processes may be zeros.
_BY_SHAPE = {
    *(getattr(functional, f"{name}dropout") for name in ("", "alpha_", "feature_alpha_")),
    *(getattr(functional, f"dropout{n}d") for n in (1, 2, 3)),
    functional.gumbel_softmax,
    functional.scaled_dot_product_attention,
    torch.dropout,
    torch.bernoulli,
    Tensor.bernoulli,
    torch.normal,
    torch.rand_like,
    torch.randn_like,
    torch.randint_like,
    *(getattr(Tensor, f"{name}_") for name in ("bernoulli", "normal", "uniform", "exponential", "log_normal")),
    *(getattr(Tensor, f"{name}_") for name in ("cauchy", "geometric", "random")),
}
# Those where the values of all rows say how many draws are made.
_BY_VALUE = {
    functional.rrelu,
    torch.multinomial,
    Tensor.multinomial,
    torch.poisson,
    torch.binomial,
    torch._standard_gamma,
    torch._sample_dirichlet,
}
_OF_A_SIZE = {torch.rand, torch.randn}
_RECURRENT = {torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu}


class JoinedDraws(TorchFunctionMode):
    """Inside, the functions of PyTorch that draw are called for all rows where `of` says so."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[int, int, int, int] | None = None

    @contextmanager
    def of(self, rows: int, start: int, total: int, dim: int = 0) -> Iterator[None]:
        """Inside, a tensor of so many rows has the rows from `start` on of `total` rows.

        Parameters
        ----------
        dim : int, the dimension of rows, where it has their number; otherwise it is the first one.
        """
        before, self._rows = self._rows, (rows, start, total, dim)
        try:
            yield
        finally:
            self._rows = before

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        options = dict(kwargs or {})
        if self._rows is None:
            return function(*args, **options)
        if function in _BY_SHAPE and _draws(function, args, options):
            return self._for_all(function, self._among_zeros, args, options)
        if function in _BY_VALUE:
            return self._for_all(function, self._among_others, args, options)
        if function in _OF_A_SIZE:
            size = options.pop("size", args[0] if args and not isinstance(args[0], int) else args)
            return self._own(function(self._size_in_all(size), **options), self._dim(size))
        if function is functional.multi_head_attention_forward and _draws(function, args, options):
            return self._attention(function, args, options)
        if function in _RECURRENT and _drops(args):
            raise CompileError(
                "a recurrent module with dropout= draws inside PyTorch, where the draws of several processes cannot be "
                "those of one; set its dropout to 0, with nn.Dropout before and after it"
            )
        return function(*args, **options)

    def _for_all(
        self, function: Any, widen: Callable[[Any], Any], args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        tensors = [part for part in (*args, *options.values()) if isinstance(part, Tensor)]
        dim = next((dim for part in tensors if (dim := self._dim(part.shape)) is not None), None)
        drawn = self._own(function(*map(widen, args), **{name: widen(part) for name, part in options.items()}), dim)
        in_place = getattr(function, "__name__", "").endswith("_") and isinstance(args[0], Tensor)
        return args[0].copy_(drawn) if in_place else drawn

    def _attention(self, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Attention over values [positions, rows, features]."""
        query, key, value = (self._among_zeros(part.transpose(0, 1)).transpose(0, 1) for part in args[:3])
        mask = options.get("key_padding_mask")
        options["key_padding_mask"] = None if mask is None else self._among_zeros(mask)
        output, weights = function(query, key, value, *args[3:], **options)
        return self._own(output, 1), None if weights is None else self._own(weights, 0)

    def _dim(self, size: Sequence[int]) -> int | None:
        """The dimension of rows in a size; None if it has none."""
        rows, *_, dim = self._rows or (0, 0)
        return next((each for each in (dim, 0) if len(size) > each and size[each] == rows), None)

    def _size_in_all(self, size: Sequence[int]) -> tuple[int, ...]:
        dim, total = self._dim(size), (self._rows or (0, 0, 0))[2]
        return tuple(total if each == dim else count for each, count in enumerate(size))

    def _own(self, value: Tensor, dim: int | None) -> Tensor:
        rows, start, *_ = self._rows or (0, 0)
        return value if dim is None else value.narrow(dim, start, rows)

    def _among_zeros(self, value: Any) -> Any:
        if not isinstance(value, Tensor) or (dim := self._dim(value.shape)) is None:
            return value
        rows, start, *_ = self._rows or (0, 0)
        every = value.new_zeros(self._size_in_all(value.shape))
        parts = every.narrow(dim, 0, start), value, every.narrow(dim, start + rows, every.shape[dim] - start - rows)
        return torch.cat(parts, dim)

    def _among_others(self, value: Any) -> Any:
        if not isinstance(value, Tensor) or (dim := self._dim(value.shape)) is None:
            return value
        return joined(value.transpose(0, dim), (self._rows or (0, 0, 0))[2]).transpose(0, dim)


def _draws(function: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Whether a call draws: attention does where it has dropout."""
    if function is functional.multi_head_attention_forward:
        return bool(options.get("training", True) and (*args, 0.0)[10] > 0)
    return function is not functional.scaled_dot_product_attention or options.get("dropout_p", 0.0) > 0


def _drops(args: tuple[Any, ...]) -> bool:
    """Whether a call of a recurrent kernel, (…, dropout, training, …), has dropout."""
    return any(isinstance(part, float) and part > 0 and after is True for part, after in pairwise(args))
