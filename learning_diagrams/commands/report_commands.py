"""The command about runs: `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[
        str, typer.Argument(metavar="RUN", help="The folder of `fit(…, run=RUN)`, a plan, or a stage of one, as RUN/2.")
    ],
    output: Annotated[str, typer.Option("--output", "-o", metavar="PAGE", help="A file .html.")],
) -> None:
    """Write the page of a training run, one file that needs no other; of a plan, that of its last stage."""
    from learning_diagrams.report.report_page import write_report
    from learning_diagrams.report.stage_of_plan import run_of

    run, title = run_of(folder)
    write_report(run, output, title)
    print(f"written to {output}" + ("" if run == Path(folder) else f", the page of the last stage, in {run}"))
