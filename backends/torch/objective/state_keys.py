"""State keys: the key of a parameter in an objective's state is its name, as in every PyTorch module.

Older states have keys of another form: the name of the box, quoted, before a "/", then the key of its module; or a
name that is a keyword of Python, as it is. These states load, with a warning.

>>> current_keys({"a%2Fb/weight": 1, "boxes.class.weight": 2}, ["a/b", "class"], [])
{'boxes.%a%2f;b.weight': 1, 'boxes.%class.weight': 2}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from torch import nn

from learning_diagrams.backends.torch.functor.box_modules import escape, unescape
from learning_diagrams.errors.user_warning import warn

Value = TypeVar("Value")


def current_keys(state: Mapping[str, Value], boxes: Iterable[str], known: Iterable[str]) -> dict[str, Value]:
    """A state of any version under the names of parameters.

    Parameters
    ----------
    boxes : names of the boxes that the state may have.
    known : keys that are names of parameters already.
    """
    old: dict[str, str] = {}
    for name in boxes:
        quoted = name.replace("%", "%25").replace("/", "%2F")
        old |= dict.fromkeys((f"{quoted}/", f"boxes.{name}."), f"boxes.{escape(name)}.")
    present = set(known)
    renamed = {}
    for key, value in state.items():
        beginnings = () if key in present else (f"{key.partition('/')[0]}/", f"{'.'.join(key.split('.')[:2])}.")
        before = next(filter(old.__contains__, beginnings), "")
        renamed[old.get(before, before) + key.removeprefix(before)] = value
    return renamed


def box_of(key: str) -> str | None:
    """The name of the box whose module has a key of the state; None for a state that no box has.

    >>> box_of("boxes.%a%2e;b.weight"), box_of("steps")
    ('a.b', None)
    """
    return unescape(key.split(".")[1]) if key.startswith("boxes.") else None


def register(module: nn.Module) -> None:
    """Let a module with the child `boxes` load states of any version, and follow the counts of steps in them."""
    module.register_load_state_dict_post_hook(_follow)  # type: ignore[no-untyped-call]
    module.register_load_state_dict_pre_hook(_rename)  # type: ignore[no-untyped-call]


def _follow(module: Any, _: Any) -> None:
    for each in (module, *module.players.values()):
        each.follow_schedules()


def _rename(module: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    own = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    current = current_keys(own, module.boxes.names, module.state_dict())
    if current.keys() == own.keys():
        return
    warn("the state has keys of an older form; save it again, and its keys are the names of parameters")
    for key in own:
        del state[prefix + key]
    state.update({prefix + key: value for key, value in current.items()})
