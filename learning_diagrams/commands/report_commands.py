"""The command about runs: `report`."""

from __future__ import annotations

from typing import Annotated

import typer


def report(
    folder: Annotated[
        str, typer.Argument(metavar="RUN", help="The folder of `fit(…, run=RUN)`, or of a stage of a plan, as RUN/2.")
    ],
    output: Annotated[str, typer.Option("--output", "-o", metavar="PAGE", help="A file .html.")],
) -> None:
    """Write the page of a training run, one file that needs no other."""
    from learning_diagrams.report.report_page import write_report

    write_report(folder, output)
    print(f"written to {output}")
