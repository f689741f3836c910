"""The bytes of a file of a program: an archive of torch.export, or an ONNX model."""

from __future__ import annotations

import io
import json
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram

from learning_diagrams.backends.torch.export.flat_module import Description
from learning_diagrams.errors import CompileError, FileError

KEY = "learning_diagram"  # of the metadata in an ONNX model; with .json, the file in an archive of torch.export


def archive(program: ExportedProgram, metadata: Description) -> bytes:
    """An archive of torch.export, which `torch.export.load` reads; `learning_diagram.json` in it is the metadata."""
    file = io.BytesIO()
    with silent():
        torch.export.save(program, file, extra_files={f"{KEY}.json": json.dumps(metadata)})
    return file.getvalue()


def onnx_model(program: ExportedProgram, metadata: Description) -> bytes:
    """An ONNX model, whose inputs, outputs and first dimension have the names in the metadata.

    Raises
    ------
    FileError : the packages onnx and onnxscript are missing.
    CompileError : the program has an operator that ONNX does not have.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - PyTorch's exporter needs it
    except ImportError as error:
        raise FileError(f"a file of ONNX needs {error.name}: pip install 'learning-diagrams[onnx]'") from None
    inputs = [each["name"] for each in (*metadata["inputs"], *metadata["noise"])]
    outputs = [each["name"] for each in metadata["outputs"]]
    try:
        with silent():
            exported: Any = torch.onnx.export(
                program, dynamo=True, verbose=False, input_names=inputs, output_names=outputs
            )
    except torch.onnx.errors.OnnxExporterError as error:
        cause = str(error.__cause__ or error)
        operator = re.search(r"target=torch\.ops\.([\w.]+)", cause)
        untranslated = operator and f"PyTorch does not translate {operator[1]}, or not for its dtype"
        reason = untranslated or cause.splitlines()[0]
        raise CompileError(
            f"ONNX cannot hold the morphism: {reason}; write a file of torch.export, as 'model.pt2'"
        ) from error
    model: onnx.ModelProto = exported.model_proto
    _name_sizes(model, metadata)
    model.doc_string = metadata["morphism"]
    onnx.helper.set_model_props(model, {KEY: json.dumps(metadata), "digest": metadata["digest"]})
    content: bytes = model.SerializeToString()
    return content


def runtime(content: bytes) -> Callable[..., list[Tensor]] | None:
    """The function that an ONNX model is in onnxruntime; None where this is not installed or lacks an operator."""
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception:  # errors of its own, as of bfloat16
        return None
    names = [each.name for each in session.get_inputs()]

    def run(*values: Tensor) -> list[Tensor]:
        arrays = session.run(None, {name: value.cpu().numpy() for name, value in zip(names, values, strict=True)})
        return [torch.as_tensor(array) for array in arrays]

    return run


FORMATS: Mapping[str, Callable[[ExportedProgram, Description], bytes]] = {".pt2": archive, ".onnx": onnx_model}


def _name_sizes(model: Any, metadata: Description) -> None:
    """Give the sizes of inputs and outputs that are not fixed their names in the metadata."""
    described = {each["name"]: each["shape"] for each in (*metadata["inputs"], *metadata["noise"])}
    names = {
        dimension.dim_param: size
        for value in model.graph.input
        for dimension, size in zip(value.type.tensor_type.shape.dim, described[value.name], strict=True)
        if dimension.dim_param and isinstance(size, str)
    }
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param:
                dimension.dim_param = re.sub(r"\w+", lambda match: names.get(match[0], match[0]), dimension.dim_param)


@contextmanager
def silent() -> Iterator[None]:
    """Let PyTorch not print what it cannot trace, nor speak of what it does not need here or will change."""
    logger = logging.getLogger("torch")  # its loggers take their level from this one
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
