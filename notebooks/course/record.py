"""The record that ends a notebook: learning diagrams, seeds, versions, device and time."""

from __future__ import annotations

import platform
import sys
import time
from importlib.metadata import version

import learning_diagrams as ld

_START = time.perf_counter()


def record(*diagrams: ld.LearningDiagram, seeds: tuple[int, ...] = (0,)) -> None:
    """Print what another reader needs to repeat the notebook; its last lines differ between machines."""
    for diagram in diagrams:
        print(f"{diagram.name}: digest {diagram.digest()[:16]}")
    print(f"seeds: {', '.join(map(str, seeds)) or 'none'}")
    names = ["learning-diagrams", "discopy", *(["torch"] if "torch" in sys.modules else [])]
    print(f"python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in names)}; on the CPU")
    print(f"time: {time.perf_counter() - _START:.0f} s")
