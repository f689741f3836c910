"""The keys of an objective's state: a box name, quoted, before a "/", then the key of the box's module.

>>> quote("a/b%"), unquote(quote("a/b%"))
('a%2Fb%25', 'a/b%')
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from torch import nn

from learning_diagrams.backends.torch.functor.box_modules import escape

__all__ = ["quote", "register", "unquote"]


def quote(name: str) -> str:
    """A box name before the "/" of a state key; different names stay different."""
    return name.replace("%", "%25").replace("/", "%2F")


def register(module: nn.Module) -> None:
    """Let a module with the child `boxes` save and load its state under these keys."""
    module.register_state_dict_post_hook(_to_box_keys)  # type: ignore[no-untyped-call]
    module.register_load_state_dict_pre_hook(_from_box_keys)  # type: ignore[no-untyped-call]


def _to_box_keys(module: Any, state: dict[str, Any], prefix: str, _: Any) -> None:
    _rename(state, [(f"{prefix}boxes.{escape(name)}.", f"{prefix}{quote(name)}/") for name in module.boxes.names])


def _from_box_keys(module: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    _rename(state, [(f"{prefix}{quote(name)}/", f"{prefix}boxes.{escape(name)}.") for name in module.boxes.names])


def _rename(state: dict[str, Any], prefixes: Sequence[tuple[str, str]]) -> None:
    for key in list(state):
        for old, new in prefixes:
            if key.startswith(old):
                state[new + key.removeprefix(old)] = state.pop(key)
                break
