"""Interchange: learning diagrams and diagrams in the formats of other programs, both ways.

Each name stands in the stub `__init__.pyi`, and is imported when it is first used.

>>> from learning_diagrams import interchange
>>> from learning_diagrams.regimes import supervised
>>> interchange.from_quiver(supervised().to_quiver()) == supervised()
True
"""

from learning_diagrams.lazy_names import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
