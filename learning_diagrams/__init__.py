"""Learning diagrams: training setups written as string diagrams and the equations that training is to make true.

This module is a door. It imports a name from its file when the name is first used, so that `import learning_diagrams`
is quick and never loads a tensor library. The names are listed in `__init__.pyi`.

>>> import learning_diagrams as ld
>>> ld.Ty("x") @ ld.Ty("y")
monoidal.Ty(cat.Ob('x'), cat.Ob('y'))
"""

import sys

from learning_diagrams.lazy_names import attach_stub
from learning_diagrams.moved import OldPaths

__version__ = "0.1.0"
_load, __dir__, __all__ = attach_stub(__name__, __file__)
sys.meta_path.insert(0, OldPaths())


def __getattr__(name: str) -> object:
    _show_in_notebooks()
    return _load(name)


def load_ipython_extension(shell: object) -> None:
    """What `%load_ext learning_diagrams` runs: the shell shows diagrams as pictures."""
    from learning_diagrams.notebook import register

    register(shell)


def _show_in_notebooks() -> None:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:
        load_ipython_extension(shell)


_show_in_notebooks()
