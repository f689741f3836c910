"""Networks of torchvision, timm and transformers by name, without their weights: nothing is downloaded.

A name is one of those that the package lists. An option is a number, true or false, or a list of these, and no option
says where weights or code come from; so no file can name an address.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any

from torch import Tensor, nn

from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.modules.networks import OfImage
from learning_diagrams.backends.torch.plans.names.registry import MODULES
from learning_diagrams.errors import CompileError, FileError, TypeMismatch, UnknownName, brief, did_you_mean

# Parts of the names of options that say where weights, code or a part of the network come from.
REFUSED = ("pretrained", "weight", "backbone", "path", "hub", "url", "remote", "code", "auto_map", "cache", "file")


def torchvision(name: str) -> Callable[..., nn.Module]:
    """The maker of a network of torchvision, with as many classes as the box puts out numbers."""
    what = _name("torchvision", name)

    def make(ends: BoxEnds, **options: Any) -> nn.Module:
        _require_plain(what, options, "num_classes")
        models = _package("torchvision.models", what)
        _require_listed(what, models.list_models())
        builder = models.get_model_builder(name)
        empty = {key: None for key in ("weights", "weights_backbone") if key in inspect.signature(builder).parameters}
        return _image(ends, what, builder, num_classes=_classes(ends), **empty, **options)

    return make


def timm(name: str) -> Callable[..., nn.Module]:
    """The maker of a network of timm, with the channels of the image and a class for each number of the output."""
    what = _name("timm", name)

    def make(ends: BoxEnds, **options: Any) -> nn.Module:
        _require_plain(what, options, "in_chans", "num_classes")
        package = _package("timm", what)
        _require_listed(what, package.list_models())
        sizes = {"in_chans": ends.image()[0], "num_classes": _classes(ends)}
        return _image(ends, what, partial(package.create_model, name, pretrained=False), **sizes, **options)

    return make


def transformers(name: str) -> Callable[..., nn.Module]:
    """The maker of a network of transformers, from the configuration of a type of model, and a head for the box."""
    what = _name("transformers", name)

    def make(ends: BoxEnds, output: str = "last_hidden_state", **options: Any) -> nn.Module:
        _require_plain(what, options, "vocab_size")
        package = _package("transformers", what)
        _require_listed(what, package.CONFIG_MAPPING.keys())
        default = _made(what, lambda: package.AutoConfig.for_model(name))
        known = [key for key in dir(default) if key[0] != "_" and not callable(getattr(default, key, None))]
        for option in options:  # a configuration takes any name in silence
            if option not in known:
                near = get_close_matches(option, known, 5)
                raise UnknownName(f"{what!r} has no option {option!r}; {did_you_mean(option, near or known[:5])}")
        if len(ends.inputs) == 1 and ends.inputs[0].outcomes is not None:
            options["vocab_size"] = ends.inputs[0].outcomes
        configuration = partial(package.AutoConfig.for_model, name, **options)
        body = _made(what, lambda: package.AutoModel.from_config(configuration()))
        return OfStates(ends, what, body, output)

    return make


class TensorOf(nn.Module):
    """A network whose result holds its tensor under a name, `logits` or `out`, as numbers of a row.

    last : bool, whether the tensor of an output for each pixel, [rows, outcomes, height, width], is to have its
        outcomes last.
    """

    def __init__(self, network: nn.Module, last: bool) -> None:
        super().__init__()
        self.network, self.last = network, last

    def forward(self, x: Tensor) -> Tensor:
        result: Any = self.network(x)
        for name in ("logits", "out"):
            held = result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)
            result = held if isinstance(held, Tensor) else result
        if not isinstance(result, Tensor):
            raise CompileError(f"the network returns a {type(result).__name__} without a tensor 'logits' or 'out'")
        numbers: Tensor = result.movedim(1, -1) if result.dim() == 4 and self.last else result
        return numbers.flatten(1)


class OfStates(nn.Module):
    """A module for a box, made of a model of transformers: its states, and an affine map of them.

    output : str, the name of the tensor [rows, positions, features], or [rows, features, height, width], in the result.
    """

    def __init__(self, ends: BoxEnds, what: str, body: nn.Module, output: str) -> None:
        super().__init__()
        if len(ends.inputs) != 1:
            raise CompileError(f"a model of transformers needs a box with one input; {ends.in_words}")
        (space,) = ends.inputs
        sizes = ends.sizes(space)
        self.ends, self.body, self.output = ends, body, output
        labels = space.outcomes is not None and not space.one_hot
        self.argument = "input_ids" if labels else "pixel_values" if len(sizes) == 3 else "inputs_embeds"
        shape = ends.outputs[0].row_shape(ends.kind) if len(ends.outputs) == 1 else ()
        self.each = len(shape) == 2 and len(sizes) < 3 and shape[0] == sizes[0]
        numbers = ends.numbers_out // sizes[0] if self.each else ends.numbers_out
        self.leave = nn.LazyLinear(numbers)
        with_example(self, ends, what)

    def forward(self, point: Tensor) -> Any:
        states = getattr(self.body(**{self.argument: point}), self.output, None)
        if not isinstance(states, Tensor) or states.dim() not in (2, 3, 4):
            raise CompileError(f"the model of box {self.ends.name!r} has no output {self.output!r}; name its output")
        if states.dim() == 4:
            states = states.mean((2, 3))
        elif states.dim() == 3 and not self.each:
            states = states.mean(1)
        return self.ends.write(self.leave(states).flatten(1))


def with_example(module: nn.Module, ends: BoxEnds, what: str) -> None:
    """Let a lazy layer find its size, with a row of zeros."""
    import torch

    (space,) = ends.inputs
    said = space.argument_dtype
    dtype = torch.get_default_dtype() if said is None or said.is_floating_point or said.is_complex else said
    training = module.training
    with torch.no_grad():
        _made(what, lambda: module.eval()(torch.zeros(1, *ends.sizes(space), dtype=dtype)))
    module.train(training)


def _image(ends: BoxEnds, what: str, make: Callable[..., nn.Module], **options: Any) -> nn.Module:
    ends.image()
    return OfImage(ends, TensorOf(_made(what, lambda: make(**options)), ends.kernel))


def _classes(ends: BoxEnds) -> int:
    """The channels of an output for each pixel, or else all numbers that the box puts out."""
    shape = ends.outputs[0].row_shape(ends.kind) if len(ends.outputs) == 1 else ()
    if len(shape) != 3 or (ends.kernel and not ends.outputs[0].logits):
        return ends.numbers_out
    return shape[-1 if ends.outputs[0].logits and ends.kernel else 0] or 0


def _made(what: str, make: Callable[[], Any]) -> Any:
    """What a foreign function makes; `TypeMismatch` for whatever it raises about its options."""
    try:
        return make()
    except CompileError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise TypeMismatch(f"{what!r} cannot be made with these options: {type(error).__name__}: {reason}") from error


def _package(module: str, what: str) -> Any:
    try:
        return import_module(module)
    except (ImportError, RuntimeError) as error:  # a package that was built for another PyTorch is a RuntimeError
        package, reason = module.partition(".")[0], (str(error).splitlines() or [""])[0]
        raise FileError(f"{what!r} needs the package {package}, which cannot be imported: {reason}") from None


def _name(package: str, name: str) -> str:
    """A name with that of its package; `UnknownName` for an address, a hub or a path, before anything is imported."""
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", name):
        raise UnknownName(f"{package} lists no model {brief(name)}; a name has letters, digits, _, - and . only")
    return f"{package}:{name}"


def _require_listed(what: str, names: Iterable[str]) -> None:
    package, _, name = what.partition(":")
    if name not in (known := sorted(names)):
        near = get_close_matches(name, known, 5) or known[:5]  # of more than a thousand
        raise UnknownName(f"{package} lists no model {brief(name)}; {did_you_mean(name, near)}")


def _require_plain(what: str, options: Mapping[str, Any], *sizes: str) -> None:
    for key, value in options.items():
        if key in sizes:
            raise TypeMismatch(f"option {key!r} of {what!r} is refused: it follows from the spaces of the box")
        parts = value if isinstance(value, list) else [value]
        if any(word in key for word in REFUSED) or not all(isinstance(part, int | float) for part in parts):
            raise TypeMismatch(
                f"option {key!r} of {what!r} is refused: an option is a number, true or false, or a list of these, and "
                f"says nothing of where weights or code come from; got {brief(value)}"
            )


for family in (torchvision, timm, transformers):
    MODULES.register_family(family.__name__, family)
