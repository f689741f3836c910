"""A plan that trains in a moment, and what a test makes of it."""

import copy

import numpy as np
import yaml

PLAN = {
    "format": "learning-plan/2",
    "name": "small",
    "spaces": {"point": "Euclidean(2)", "kind": "Finite(3)"},
    "modules": {"f": {"name": "mlp", "widths": [8]}},
    "data": {"rows": {"source": {"name": "npz", "path": "rows.npz"}, "columns": {"x": "x", "y": "y"}}},
    "diagram": {
        "objects": ["point", "kind"],
        "sample_spaces": {"rows": {"x": "point", "y": "kind"}},
        "boxes": {"f": {"dom": ["point"], "cod": ["kind"], "kernel": True}},
        "constraints": {"fit": {"lhs": "x >> f", "rhs": "y"}},
    },
    "stages": [
        {"name": "first", "epochs": 2, "batch_size": 8, "optimizer": "adam", "lr": 0.01},
        {"name": "second", "steps": 5, "batch_size": 8},
    ],
    "metrics": {"accuracy": {"name": "accuracy", "prediction": "x >> f", "target": "y"}},
}


def written(folder, change=lambda plan: None, name="plan.yaml"):
    """The path of a plan in a folder, after a change, with its data beside it."""
    plan = copy.deepcopy(PLAN)
    change(plan)
    generator = np.random.default_rng(0)
    np.savez(folder / "rows.npz", x=generator.normal(size=(40, 2)), y=np.arange(40) % 3, names=np.array(["a"] * 40))
    path = folder / name
    path.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return path


def put(*place, to):
    """A change that puts a value in a place of the plan."""

    def change(plan):
        here = plan
        for step in place[:-1]:
            here = here[step]
        here[place[-1]] = to

    return change
