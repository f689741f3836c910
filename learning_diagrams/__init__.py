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
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
sys.meta_path.insert(0, OldPaths())
if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()) is not None:
    from learning_diagrams.notebook import register

    register(shell)
