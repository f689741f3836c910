"""The parts of the paper that the library writes: pictures as TikZ, a loss, its code, a proof, laws of divergences."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from textwrap import wrap
from typing import Any

import torch
from tex import defined, in_latex, table
from torch import nn

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, Finite, Objective, TorchFunctor, compile
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.tex.tikz import tikz_picture
from learning_diagrams.proof import checker
from learning_diagrams.semantics.divergences import KINDS, Capabilities

x = ld.Ty("x")
WIDTH = 104  # of a line that is printed as it is, in letters
f, k = ld.Box("f", x, x), ld.Kernel("k", x, x)
LAWS = {
    "separating": "separating",
    "jointly_convex": "jointly convex",
    "composes": "composes",
    "tensors": "adds",
    "least_at_equality": "least",
}


def parts_of_library() -> Iterator[tuple[str, str]]:
    """The name of each part and its LaTeX."""
    distillation = regimes.distillation()
    proof = equivariance_proof()
    sides = {"copied": k >> ld.Copy(x), "drawn_twice": ld.Copy(x) >> k @ k}
    for name, value in {"proof": proof, **sides}.items():
        yield f"picture_{name}", tikz(value)
    yield "evidence", verbatim(str(ld.equal(*sides.values(), evidence=True)))
    symbols = symbols_of(distillation)
    graph = learning_graph(ld.LearningDiagram(*distillation.constraints, frozen=distillation.frozen, notation=symbols))
    yield "picture_distillation", tikz_picture(graph, "distillation")
    loss = compiled(distillation)
    yield "formula_distillation", f"\\begin{{equation*}}\n{loss.latex(notation=symbols)}\n\\end{{equation*}}\n"
    yield "code_distillation", verbatim(loss.code)
    yield "proof", proof.latex() + "\n"
    yield "countermodel", verbatim(str(stack_countermodel()))
    yield "divergences", divergence_table()
    yield "facts", defined("fact", facts())


def tikz(value: Any) -> str:
    """The picture of a value as TikZ."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.tikz")
        ld.draw(value, path)
        return path.read_text(encoding="utf-8")


def verbatim(text: str) -> str:
    """A text as it is printed, with its long lines folded."""
    lines = [part for line in text.strip().splitlines() for part in wrap(line, WIDTH, subsequent_indent="    ") or [""]]
    return "\n".join([r"\begin{verbatim}", *lines, r"\end{verbatim}", ""])


def symbols_of(diagram: ld.LearningDiagram) -> dict[Any, str]:
    """The symbols of the paper for what distillation is made of."""
    boxes = {box.name: box for box in diagram.boxes}
    spaces = {space.name: r"\mathcal{D}" for space in diagram.sample_spaces}
    return {boxes["student"]: r"f_\theta", boxes["teacher"]: "g", "pixels": "x", "label": "y"} | spaces


def compiled(diagram: ld.LearningDiagram) -> Objective:
    """The loss of distillation, with small networks, whose code and formula are those of large ones."""
    image, digit = diagram.constraints[0].lhs.boxes[0].cod, diagram.constraints[0].lhs.cod
    with torch.random.fork_rng():
        nets = {box: nn.Linear(4, 2) for box in diagram.boxes}
        return compile(diagram, TorchFunctor({image: Euclidean(4), digit: Finite(2)}, nets))


def equivariance_proof() -> Any:
    image, mask = ld.Ty("image"), ld.Ty("mask")
    rotate, rotate_mask = ld.Box("rotate", image, image), ld.Box("rotate_mask", mask, mask)
    segment = ld.Box("segment", image, mask)
    once = ld.Equation(rotate >> segment, segment >> rotate_mask, "equivariant")
    return ld.prove(ld.Equation(rotate >> rotate >> segment, segment >> rotate_mask >> rotate_mask), [once])


def stack_countermodel() -> Any:
    code = ld.Ty("code")
    push, pop = ld.Box("push", code, code), ld.Box("pop", code, code)
    return ld.prove(ld.Equation(pop >> push, ld.Id(code)), [ld.Equation(push >> pop, ld.Id(code), "undo")])


def divergence_table() -> str:
    """Which laws each divergence of the library has with its default options."""
    names = [field.name for field in fields(Capabilities)]
    cells = [["divergence", *(LAWS[name] for name in names)]]
    for name, kind in KINDS.items():
        laws = kind.capabilities({})
        cells.append([f"\\texttt{{{in_latex(name)}}}", *("yes" if getattr(laws, law) else "--" for law in names)])
    return table(cells, "l" + "c" * len(names))


def facts() -> dict[str, str]:
    """Counts of what the library has."""
    lines = Path(checker.__file__).read_text(encoding="utf-8").splitlines()
    return {
        "regimes": str(len(regimes.__all__)),
        "divergences": str(len(KINDS)),
        "checker-lines": str(len(lines)),
    }
