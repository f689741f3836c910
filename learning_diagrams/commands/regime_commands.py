"""Commands about the regimes that come with the library: their list, and the file of each."""

from __future__ import annotations

from typing import Annotated

import typer


def list_regimes(context: typer.Context) -> None:
    """List the training setups of the literature that come with the library."""
    if context.invoked_subcommand is None:
        from learning_diagrams.regimes.catalogue import sentences

        for name, sentence in sentences().items():
            print(f"{name:<22}  {sentence}")


def show_regime(name: Annotated[str, typer.Argument(metavar="NAME", help="One of the list.")]) -> None:
    """Write the file of a regime, as a start of your own: `regimes show NAME > mine.yaml`."""
    from learning_diagrams.regimes.catalogue import regime_file

    print(regime_file(name), end="")
