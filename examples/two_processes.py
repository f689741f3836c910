"""The losses of a run, the same in any number of processes: `torchrun --nproc-per-node 2 examples/two_processes.py`.

The terms are a mean over rows with masks, a contrast between all rows of a batch, and a moving average.
"""

import os

import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

image, code, digit = ld.Ty("image"), ld.Ty("code"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, view, label = digits.column("pixels", image), digits.column("view", image), digits.column("label", digit)
encode, follow, classify = (
    ld.Box("encode", image, code),
    ld.Box("follow", image, code),
    ld.Kernel("classify", code, digit),
)
diagram = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> encode >> classify, label),
    ld.Constraint("contrast", pixels >> encode, view >> follow, divergence="info_nce"),
    ld.Constraint("agree", view >> encode, view >> follow, weight=0.1),
    ema={follow: (encode, 0.9)},
)


def main() -> None:
    torch.manual_seed(0)
    values = torch.randn(200, 16, dtype=torch.float64)
    known = torch.rand(200) < 0.5
    data = {"pixels": values, "view": values + 0.1, "label": (values[:, :3].argmax(1), known)}
    encoders = [nn.Sequential(nn.Linear(16, 8), nn.Tanh()).double() for _ in range(2)]
    encoders[1].load_state_dict(encoders[0].state_dict())
    functor = TorchFunctor(
        ob={image: Euclidean(16), code: Euclidean(8), digit: Finite(3)},
        ar={encode: encoders[0], follow: encoders[1], classify: nn.Linear(8, 3).double()},
    )
    history = fit(compile(diagram, functor), {"digits": data}, epochs=3, batch_size=48, lr=0.01, progress=False)
    if os.environ.get("RANK", "0") == "0":
        count = int(os.environ.get("WORLD_SIZE", "1"))
        print(f"{count} process{'es' if count > 1 else ''}")
        for row in history.epochs:
            print(f"epoch {row['epoch']}: " + ", ".join(f"{term.name} {row[term.name]:.6f}" for term in TERMS))


TERMS = sorted(diagram.constraints, key=lambda constraint: constraint.name)

if __name__ == "__main__":
    main()
