"""What the notebooks share: their exercises, the record at their end, and the results of long cells."""

import sys
from typing import Any

from learning_diagrams.errors import LearningDiagramError


def message_alone(shell: Any, kind: type, error: BaseException, frames: Any, tb_offset: int | None = None) -> None:
    """Show an error of the library without its frames, which tell a student nothing; `%tb` shows them."""
    shell.showtraceback((kind, error, frames), exception_only=True)


if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
    shell.set_custom_exc((LearningDiagramError,), message_alone)
