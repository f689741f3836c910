"""Parameters without weight decay: biases, and the parameters of norms, whose size means nothing that decay improves.

>>> module = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm((2, 2)))
>>> [name for name, p in module.named_parameters() if id(p) in without_decay({"f": module}, True)]
['0.bias', '1.weight', '1.bias']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from learning_diagrams.errors import TypeMismatch, brief

NoDecay = bool | Callable[[str, nn.Parameter], bool]
_NORMS = (nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.modules.batchnorm._NormBase)


def without_decay(modules: Mapping[str, nn.Module], choice: NoDecay) -> frozenset[int]:
    """The ids of the parameters that do not decay.

    Parameters
    ----------
    modules : dict from the name of a box to its module.
    choice : True for every bias, every parameter of a norm and every parameter of fewer than 2 dimensions; or a
        function of the name "box.parameter" and the parameter.
    """
    if not isinstance(choice, bool) and not callable(choice):
        raise TypeMismatch(f"no_decay= is True, False or a function of a name and a parameter, got {brief(choice)}")
    if not choice:
        return frozenset()
    return frozenset(
        id(parameter)
        for box, module in modules.items()
        for prefix, part in module.named_modules(prefix=box)
        for name, parameter in part.named_parameters(recurse=False)
        if (
            choice(f"{prefix}.{name}", parameter)
            if callable(choice)
            else parameter.ndim < 2 or name.endswith("bias") or isinstance(part, _NORMS)
        )
    )
