"""Arguments and options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

File = Annotated[str, typer.Argument(metavar="FILE", help="A learning diagram, .yaml or .json.")]


class Theory(StrEnum):
    """A theory, which says when diagrams are equal."""

    symmetric = "symmetric"
    markov = "markov"
    cartesian = "cartesian"


Laws = Annotated[Theory, typer.Option(help="Which laws hold.")]
Assume = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="A constraint that is assumed besides the axioms.")
]
