"""What an objective writes for other programs: a trained composite as a program of tensors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from discopy import markov
from torch import Tensor, nn
from torch.export import ExportedProgram

from learning_diagrams.backends.torch.export.export_file import FORMATS, onnx_model, runtime
from learning_diagrams.backends.torch.export.flat_module import (
    POSITIONS,
    ROWS,
    Description,
    FlatModule,
    unique_names,
)
from learning_diagrams.backends.torch.export.noise_inputs import draws_in, names_of_draws, nodes_of, with_noise_inputs
from learning_diagrams.backends.torch.export.tracing import as_compile_errors, failing_box, trace
from learning_diagrams.backends.torch.functor.box_modules import BoxModules
from learning_diagrams.backends.torch.functor.freezing import in_mode
from learning_diagrams.backends.torch.functor.shape_check import without_validation
from learning_diagrams.errors import (
    CompileError,
    FileError,
    TypeMismatch,
    brief,
    plural,
    printable,
)
from learning_diagrams.storage.atomic_write import write_whole

FORMAT = "learning-diagram-export/1"


class Exporting:
    """The method of an objective that writes programs of tensors."""

    def export(
        self: Any,
        path: str | os.PathLike[str],
        morphism: markov.Diagram | None = None,
        *,
        noise: Literal["input"] | None = None,
    ) -> None:
        """Write a morphism made of trained boxes as a program of tensors, which runs without this library.

        Boxes are as in eval mode, and rows and sizes that are None in a space stay of any size; lengths that a box
        needs equal become one length. An input is a wire, or a column of a sample space that the morphism reads. An
        output is a wire; a Distribution at the end gives an output for each of its parameters, as `code.loc` and
        `code.scale`. Names, objects, spaces, type and digest are in the metadata of the file: the file
        `learning_diagram.json` of a .pt2, the property `learning_diagram` of an .onnx, both JSON.

        Parameters
        ----------
        path : a path that ends in .pt2, for torch.export, or in .onnx, for ONNX (packages onnx and onnxscript). An old
            file stays whole if writing fails. Load a .pt2 only if you trust it.
        morphism : Diagram, as pixels >> student; None takes the prediction, `lhs`, of the only constraint.
        noise : None refuses a morphism that draws random numbers inside. "input" makes the numbers of each draw an
            input after the others, `box.noise`; the metadata say of which law they are to be, as normal with mean 0 and
            deviation 1.

        Raises
        ------
        CompileError : a box draws inside, and noise is None, or its law is not a fixed one; a box cannot be traced,
            fixes the number of rows or an open length, or gives other values in the program than in the model; an
            operator is not in ONNX; a Distribution has no parameters with names; there is no output; a box is sharded
            over processes.
        FileError : the path has another ending or cannot be written; packages are missing.
        TypeMismatch : `morphism` is None although the learning diagram has several constraints; not a Diagram.
        UnknownName : a box that the objective does not have.
        """
        write = FORMATS.get(Path(path).suffix.lower() if isinstance(path, str | os.PathLike) else "")
        if write is None:
            raise FileError(
                f"a trained composite is written to a file that ends in {' or '.join(FORMATS)}, got {brief(path)}"
            )
        if noise not in (None, "input"):
            raise TypeMismatch(f"noise= is None or 'input', got {brief(noise)}")
        diagram = _prediction(self) if morphism is None else morphism
        if not isinstance(diagram, markov.Diagram):
            raise TypeMismatch(f"export takes a morphism, as pixels >> student; got {brief(diagram)}")
        model = self.model(diagram)
        _require_whole(model.boxes)
        module = FlatModule(model, self.functor, self.dtype or torch.get_default_dtype())
        with in_mode(module, training=False), torch.no_grad(), torch.random.fork_rng(_devices(module)):
            program, metadata = _program(module, noise is not None)
            about = {"digest": self.diagram.digest(), "name": self.diagram.name, "morphism": printable(str(diagram))}
            content = write(program, about | metadata)
            if write is onnx_model and not metadata["noise"]:
                _require_same_in_runtime(module, content)
        write_whole(Path(path), content)


def _prediction(objective: Any) -> markov.Diagram:
    constraints = objective.diagram.constraints
    if len(constraints) != 1:
        raise TypeMismatch(
            f"the learning diagram has {plural(len(constraints), 'constraint')}, so export takes the morphism to be "
            "written after the path, as in objective.export('student.onnx', pixels >> student)"
        )
    (constraint,) = constraints
    return constraint.lhs if constraint.over is None else constraint.over >> constraint.lhs


def _require_whole(boxes: BoxModules) -> None:
    for name in boxes.names:
        module = boxes.of(name)
        parts = module.modules() if isinstance(module, nn.Module) else ()
        if any(hasattr(part, "reshard") for part in parts):  # what fully_shard adds
            raise CompileError(
                f"box {name!r} is sharded over the processes, and a program holds whole weights; save the objective, "
                "load the file into an objective that is not sharded, and export that one"
            )


def _program(module: FlatModule, noise: bool) -> tuple[ExportedProgram, Description]:
    """The program of a module, and its metadata; with `noise` the numbers that it draws are inputs."""
    values, signature = module.examples(), module.model.signature
    outputs = module.outputs(values)
    if not outputs:
        raise CompileError(f"the morphism {signature} has no output, so its program would compute nothing")
    draws: list[Description] = []
    with without_validation(), as_compile_errors(module):
        program = trace(module)
        program.graph_module.graph.eliminate_dead_code()  # a Distribution computes more than its parameters
        program.graph_module.recompile()
        nodes = draws_in(program.graph_module)
        boxes = ", ".join(map(repr, dict.fromkeys(names_of_draws(nodes, module.model.draws))))
        if nodes and not noise:
            raise CompileError(
                f"the morphism {signature} draws random numbers inside, in box {boxes}, "
                "and a program is a function; noise='input' makes the numbers an input, or export the morphism that "
                "ends before the draw"
            )
        if nodes:
            program, draws = with_noise_inputs(program, values, module.sizes, module.model.draws)
        else:
            _require_equal(module, program.module(), _outside)
    for node in nodes_of(program.graph_module):
        for key in ("stack_trace", "nn_module_stack"):  # paths of this machine; names of boxes that PyTorch cannot read
            node.meta.pop(key, None)
    inputs = module.described(draws)
    taken = [each["name"] for each in (*inputs, *draws)]
    names = unique_names(
        [*taken, *(".".join(filter(None, map(each.get, ("object", "parameter")))) for each in outputs)]
    )
    outputs = [{"name": name} | each for name, each in zip(names[len(taken) :], outputs, strict=True)]
    return program, {"format": FORMAT, "type": signature, "inputs": inputs, "noise": draws, "outputs": outputs}


def _require_equal(
    module: FlatModule, run: Callable[..., Sequence[Tensor]], fault: Callable[[FlatModule], str]
) -> None:
    """Raise `CompileError` where a program has other values than the model, for other points and other sizes."""
    if not _are_equal(module, run):
        raise CompileError(
            f"the program of the morphism {module.model.signature} has other values than the model on other "
            f"points; {fault(module)}"
        )


def _are_equal(module: FlatModule, run: Callable[..., Sequence[Tensor]]) -> bool:
    values = module.examples(ROWS - 1, POSITIONS + 1)
    pairs = zip(module(*values), run(*values), strict=True)
    return all(
        wanted.shape == value.shape and torch.allclose(wanted, value.to(wanted.device), 1e-3, 1e-4, equal_nan=True)
        for wanted, value in pairs
    )


def _outside(module: FlatModule) -> str:
    def attempt(alone: FlatModule) -> None:
        run: Any = trace(alone).module()
        _require_equal(alone, run, lambda _: "")

    box = failing_box(module, attempt) or "a box"
    return f"{box} computes from the number of rows, a length, or values, outside the operators of PyTorch"


def _require_same_in_runtime(module: FlatModule, content: bytes) -> None:
    """Raise `CompileError` where onnxruntime, if it is installed and has the dtypes, computes other values."""
    run = runtime(content)
    if run is not None:
        with as_compile_errors(module):
            _require_equal(module, run, _of_one_size)


def _of_one_size(module: FlatModule) -> str:
    def attempt(alone: FlatModule) -> None:
        program, metadata = _program(alone, False)
        run: Any = runtime(onnx_model(program, {"digest": "", "name": "", "morphism": ""} | metadata))
        _require_equal(alone, run, lambda _: "")

    return f"PyTorch translates {failing_box(module, attempt) or 'a box'} to ONNX for one size only"


def _devices(module: nn.Module) -> set[torch.device]:
    return {parameter.device for parameter in module.parameters() if parameter.device.type == "cuda"}
