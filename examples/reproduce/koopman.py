"""A nonlinear system made linear: codes that a matrix moves, on an exactly solvable system and on sunspots.

Each of the squares "encode, then step k times" = "wait k steps, then encode" is an equation; that decoding undoes
encoding is an axiom, because a code begins with the state itself.

Sources: Takeishi, Kawahara & Yairi, *Learning Koopman invariant subspaces* (2017); Lusch, Kutz & Brunton (2018); the
solvable system: Brunton et al., *Koopman invariant subspaces and finite linear representations* (2016).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import torch
from experiment import ROOT, Experiment, carry_out, settle
from measures import Measure
from torch import Tensor, nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

state, code = ld.Ty("state"), ld.Ty("code")
windows = ld.SampleSpace("windows")
encode, decode, step = ld.Box("encode", state, code), ld.Box("decode", code, state), ld.Box("step", code, code)


def at(k: int) -> ld.Diagram:
    return windows.column(f"state {k}", state)


def moved(k: int) -> ld.Diagram:
    return at(0) >> encode >> ld.Id(code).then(*[step] * k)


def diagram(horizon: int, squares: float = 0.1) -> ld.LearningDiagram:
    """The commuting squares up to a horizon, the forecasts that they imply, and the axiom."""
    steps = range(1, horizon + 1)
    return ld.LearningDiagram(
        *(ld.Constraint(f"square {k}", moved(k), at(k) >> encode, weight=squares / horizon) for k in steps),
        *(ld.Constraint(f"forecast {k}", moved(k) >> decode, at(k), weight=1 / horizon) for k in steps),
        axioms={"decoding undoes encoding": ld.Equation(encode >> decode, ld.Id(state))},
        name="Koopman autoencoder",
    )


class Lifted(nn.Module):
    """A code: the state, and some functions of it."""

    def __init__(self, size: int, more: int) -> None:
        super().__init__()
        self.more = nn.Sequential(nn.Linear(size, 32), nn.Tanh(), nn.Linear(32, more))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.more(x)], 1)


def linear_step(x: Tensor, y: Tensor, more: int) -> nn.Linear:
    """A matrix that begins as the best one-step linear model of the states, and leaves the rest of a code alone."""
    size = x.shape[1]
    matrix = torch.eye(size + more) * 0.5
    matrix[:size, :size] = torch.linalg.lstsq(x, y).solution.T
    linear = nn.Linear(size + more, size + more, bias=False)
    with torch.no_grad():
        linear.weight.copy_(matrix)
    return linear


@dataclass
class Series:
    """Trajectories as windows [windows, 1 + horizon, state], for training, for choices, and for the test."""

    name: str
    train: Tensor
    validation: Tensor
    test: Tensor
    unit: float = 1.0
    successive: int = 1  # how many windows that follow each other make a test item


def solvable(horizon: int) -> Series:
    """x′ = .9 x, y′ = .5 y + .31 x²: linear in the code (x, y, x²), and in no code that is linear in (x, y)."""

    def trajectories(count: int, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        state = torch.rand(count, 2, generator=generator) * 4 - 2
        states = [state]
        for _ in range(horizon):
            x, y = state.T
            state = torch.stack([0.9 * x, 0.5 * y + (0.9**2 - 0.5) * x**2], 1)
            states.append(state)
        return torch.stack(states, 1)

    return Series("solvable", trajectories(256, 1), trajectories(128, 2), trajectories(256, 3))


def sunspots(horizon: int, past: int = 12) -> Series:
    """Yearly sunspot numbers 1700–2008; a state is the square roots of twelve years, centred."""
    with open(ROOT / "data" / "sunspots.csv", encoding="utf-8") as file:
        counts = torch.tensor([float(row["SUNACTIVITY"]) for row in csv.DictReader(file)]).sqrt()
    first, second = 210, 250  # 1700–1909 to train on, 1910–1949 for choices, 1950–2008 for the test
    centre, unit = counts[:first].mean(), counts[:first].std()
    series = (counts - centre) / unit

    def cut(low: int, high: int) -> Tensor:
        states = series[low:high].unfold(0, past, 1)
        return states.unfold(0, horizon + 1, 1).transpose(1, 2).contiguous()

    parts = cut(0, first), cut(first - past, second), cut(second - past, len(series))
    return Series("sunspots", *parts, unit=float(unit), successive=11)


def columns(series: Tensor) -> dict[str, Tensor]:
    return {f"state {k}": series[:, k].contiguous() for k in range(series.shape[1])}


def train(data: Tensor, horizon: int, squares: float, more: int, seed: int, steps: int):
    settle(seed)
    size = data.shape[2]
    pairs = data[:, :-1].reshape(-1, size), data[:, 1:].reshape(-1, size)
    modules = {
        encode: Lifted(size, more),
        step: linear_step(*pairs, more),
        decode: lambda code: code[:, :size],
    }
    drawn = diagram(horizon, squares) if squares else without_squares(horizon)
    objective = compile(drawn, TorchFunctor(ob={state: Euclidean(size), code: Euclidean(size + more)}, ar=modules))
    fit(
        objective, {"windows": columns(data)}, steps=steps, batch_size=64, optimizer=torch.optim.Adam, lr=2e-3,
        seed=seed, progress=False, scheduler=lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, steps),
    )  # fmt: skip
    return objective.eval()


def without_squares(horizon: int) -> ld.LearningDiagram:
    return diagram(horizon).without(*(f"square {k}" for k in range(1, horizon + 1)))


@torch.no_grad()
def squared_errors(objective, data: Tensor) -> tuple[Tensor, Tensor]:
    """Square errors of forecasts and defects of the squares after 1, 2, … steps, [windows, horizon] each."""
    now = objective.model(encode)(data[:, 0])
    size = data.shape[2]
    wrong, open_squares = [], []
    for k in range(1, data.shape[1]):
        now = objective.model(step)(now)
        wrong.append((now[:, size - 1] - data[:, k, -1]).square())
        open_squares.append((now - objective.model(encode)(data[:, k])).square().mean(1))
    return torch.stack(wrong, 1), torch.stack(open_squares, 1)


@torch.no_grad()
def of_one_step_linear(train_on: Tensor, data: Tensor) -> Tensor:
    """The same errors of forecasts of the best linear model of one step, applied again and again."""
    size = train_on.shape[2]
    matrix = torch.linalg.lstsq(train_on[:, :-1].reshape(-1, size), train_on[:, 1:].reshape(-1, size)).solution
    now, wrong = data[:, 0], []
    for k in range(1, data.shape[1]):
        now = now @ matrix
        wrong.append((now[:, -1] - data[:, k, -1]).square())
    return torch.stack(wrong, 1)


def root_mean_square(squares: Tensor, data: Series) -> Measure:
    """The root of the mean of squares [windows, horizon]; an item is a window, or a stretch of windows that overlap."""
    stretches = squares.mean(1).split(data.successive)
    return Measure.of([float(part.sum()) for part in stretches], [len(part) for part in stretches], data.unit)


def run(short: bool = False) -> Experiment:
    """Choose by the middle of each series, then train on the first part and forecast the last."""
    experiment = Experiment("koopman", (0,) if short else (0, 1, 2))
    horizon, steps = (3, 20) if short else (8, 1500)
    for data, more in ((solvable(horizon), 4), (sunspots(horizon), 16)):

        @cache
        def score(squares: float, n: int, data: Series = data, more: int = more) -> float:
            wrong, _ = squared_errors(train(data.train, horizon, squares, more, 10, n), data.validation)
            return -root_mean_square(wrong, data).value

        tried = (0.1,) if short else (0.1, 1.0)
        squares = experiment.choose(f"weight of the squares, {data.name}", tried, lambda w, of=score: of(w, steps))
        tried = (steps,) if short else (30, 100, 300, steps)
        methods = {"Koopman autoencoder": squares, "without squares": 0.0}
        best = {  # the control is tuned on the same grid
            method: experiment.choose(f"steps of {method}, {data.name}", tried, lambda n, of=score, w=weight: of(w, n))
            for method, weight in methods.items()
        }
        experiment.trained(f"{data.name}: Koopman autoencoder", diagram(horizon, squares))
        experiment.trained(f"{data.name}: without squares", without_squares(horizon))
        for seed in experiment.seeds:
            for method, weight in methods.items():
                wrong, open_squares = squared_errors(
                    train(data.train, horizon, weight, more, seed, best[method]), data.test
                )
                measures = {
                    "forecast": root_mean_square(wrong, data),
                    "defect": root_mean_square(open_squares, data),
                }
                experiment.add(f"{data.name}: {method}", seed, **measures)
                along = data.unit * open_squares.mean(0).sqrt()
                experiment.follow(f"{data.name}: defect of the square after k steps", method, seed, along.tolist())
            control = root_mean_square(of_one_step_linear(data.train, data.test), data)
            experiment.add(f"{data.name}: one-step linear model", seed, forecast=control)
    return experiment


if __name__ == "__main__":
    carry_out(run)
