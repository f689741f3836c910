"""What an installed wheel must do in a folder without the clone: imports, the command line, some steps of training."""

import importlib
import os
import subprocess
import sys

import learning_diagrams as ld

if "torch" in sys.modules:
    sys.exit("`import learning_diagrams` loads torch")
place = os.path.realpath(ld.__file__)
if not place.startswith(os.path.realpath(sys.prefix) + os.sep):
    sys.exit(f"learning_diagrams is read from {place}, which is not the wheel")
for name in ("semantics", "backends"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        continue
    sys.exit(f"a global `import {name}` works; the wheel must bring no such name")

import torch  # noqa: E402

from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit  # noqa: E402

x, y = ld.Ty("x"), ld.Ty("y")
points = ld.SampleSpace("points")
there, back = ld.Box("there", x, y), ld.Box("back", y, x)
cycle = ld.LearningDiagram(
    ld.Constraint("cycle", points.column("x", x) >> there >> back, points.column("x", x)), name="cycle"
)
command = [os.path.join(os.path.dirname(sys.executable), "learning-diagrams"), "check", "cycle.yaml"]
ld.save(cycle, "cycle.yaml")
print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")
torch.manual_seed(0)
functor = TorchFunctor(
    ob={x: Euclidean(2), y: Euclidean(2)}, ar={there: torch.nn.Linear(2, 2), back: torch.nn.Linear(2, 2)}
)
objective = compile(cycle, functor)
data = {"points": {"x": torch.randn(64, 2)}}
history = fit(objective, data, epochs=60, lr=0.05, progress=False)
before, after = (history.epochs[place]["total"] for place in (0, -1))
print(f"torch {torch.__version__}; 60 epochs of training took the loss from {before:.3f} to {after:.3f}")
if not after < before / 10:
    sys.exit("training does not lower the loss")
