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

from collections.abc import Callable, Iterator, Mapping
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
    functional.rrelu,
    functional.scaled_dot_product_attention,
    torch.dropout,
    torch.bernoulli,
    Tensor.bernoulli,
    torch.normal,
    torch.rand_like,
    torch.randn_like,
    torch.randint_like,
    torch.multinomial,
    Tensor.multinomial,
    *(getattr(Tensor, f"{name}_") for name in ("bernoulli", "normal", "uniform", "exponential", "log_normal")),
    *(getattr(Tensor, f"{name}_") for name in ("cauchy", "geometric", "random")),
}
# Those that reject some draws, so that the values of all rows say how many are made.
_BY_VALUE = {torch.poisson, torch.binomial, torch._standard_gamma, torch._sample_dirichlet}  # type: ignore[attr-defined]
_OF_A_SIZE = {torch.rand, torch.randn}
_RECURRENT = {torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu}


class JoinedDraws(TorchFunctionMode):
    """Inside, the functions of PyTorch that draw are called for all rows where `of` says so."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[int, int, int] | None = None

    @contextmanager
    def of(self, rows: int, start: int, total: int) -> Iterator[None]:
        """Inside, a tensor [rows, …] has the rows from `start` on of `total` rows."""
        before, self._rows = self._rows, (rows, start, total)
        try:
            yield
        finally:
            self._rows = before

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        options = dict(kwargs or {})
        if self._rows is None or not isinstance(function, Callable):  # type: ignore[arg-type]
            return function(*args, **options)
        if function in _BY_SHAPE and _draws(function, args, options):
            return self._for_all(function, self._among_zeros, args, options)
        if function in _BY_VALUE:
            return self._for_all(function, self._among_others, args, options)
        if function in _OF_A_SIZE:
            return self._of_size(function, args, options)
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
        wide = [widen(part) for part in args], {name: widen(part) for name, part in options.items()}
        drawn = self._own(function(*wide[0], **wide[1]))
        in_place = getattr(function, "__name__", "").endswith("_") and isinstance(args[0], Tensor)
        return args[0].copy_(drawn) if in_place else drawn

    def _of_size(self, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        rows, _, total = self._rows or (0, 0, 0)
        size = options.pop("size", args[0] if args and not isinstance(args[0], int) else args)
        if not size or size[0] != rows:
            return function(size, **options)
        return self._own(function((total, *size[1:]), **options))

    def _attention(self, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Attention over values [positions, rows, features]."""
        query, key, value = (self._among_zeros(part.transpose(0, 1)).transpose(0, 1) for part in args[:3])
        mask = options.get("key_padding_mask")
        options["key_padding_mask"] = None if mask is None else self._among_zeros(mask)
        output, weights = function(query, key, value, *args[3:], **options)
        return self._own(output.transpose(0, 1)).transpose(0, 1), None if weights is None else self._own(weights)

    def _own(self, value: Tensor) -> Tensor:
        rows, start, total = self._rows or (0, 0, 0)
        return value[start : start + rows] if value.dim() and len(value) == total else value

    def _among_zeros(self, value: Any) -> Any:
        rows, start, total = self._rows or (0, 0, 0)
        if not isinstance(value, Tensor) or not value.dim() or len(value) != rows:
            return value
        sizes = start, total - start - rows
        before, after = (value.new_zeros(count, *value.shape[1:]) for count in sizes)
        return torch.cat([before, value, after])

    def _among_others(self, value: Any) -> Any:
        rows, _, total = self._rows or (0, 0, 0)
        return joined(value, total) if isinstance(value, Tensor) and value.dim() and len(value) == rows else value


def _draws(function: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Whether a call draws: attention does where it has dropout."""
    if function is functional.multi_head_attention_forward:
        return bool(options.get("training", True) and (*args, 0.0)[10] > 0)
    return function is not functional.scaled_dot_product_attention or options.get("dropout_p", 0.0) > 0


def _drops(args: tuple[Any, ...]) -> bool:
    """Whether a call of a recurrent kernel, (…, dropout, training, …), has dropout."""
    return any(isinstance(part, float) and part > 0 and after is True for part, after in pairwise(args))
