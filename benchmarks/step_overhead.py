"""Time and memory of a training step, compiled from a diagram against the same loss by hand. Run by `make bench`.

One thread; the variants take turns in one process, and medians of ratios over the turns are quoted beside an A/A row
(the loop by hand against itself), which says how much is noise: the bootstrapped 95 % interval of its median. A run in
which this interval is wider than ±3 % is void. Time is that of the process, so that other programs count less. Every
loop makes the same finite check, whose price is a row of its own. The step of `fit` also measures each term.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from measured_file import write
from regime import batches, by_hand, modules, objective, rotated
from torch import Tensor, nn

TURNS = 33
SIZES = {"width 16, 32 rows": (16, 32, 100), "width 512, 256 rows": (512, 256, 8)}
Step = Callable[[int], Tensor]
Adam = partial(torch.optim.Adam, fused=True)


def make_step(
    loss: Callable[[dict[str, Tensor]], Tensor], nets: dict[str, nn.Module], data: list[dict], check: bool = True
) -> Step:
    parameters = [p for net in nets.values() for p in net.parameters() if p.requires_grad]
    optimizer = Adam(parameters, lr=1e-3)

    def step(i: int) -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        value = loss(data[i % len(data)])
        value.backward()
        if check:
            norms = torch._foreach_norm([p.grad for p in parameters if p.grad is not None])
            norm = torch.linalg.vector_norm(torch.stack(norms))
            if not (math.isfinite(norm) and math.isfinite(value.detach())):
                raise ArithmeticError("the gradient is not finite")
        optimizer.step()
        return value

    return step


def hand_step(width: int, data: list[dict], check: bool = True) -> Step:
    nets = modules(width)
    nets["teacher"].requires_grad_(False)
    return make_step(lambda batch: by_hand(nets, batch), nets, data, check)


def diagram_step(width: int, data: list[dict]) -> Step:
    nets = modules(width)
    loss = objective(width, nets)
    return make_step(lambda batch: loss({"rows": batch})[0], nets, data)


def fit_step(width: int, data: list[dict]) -> Step:
    from learning_diagrams.backends.torch.step.round import make_player_steps  # `versions` asks older versions too

    loss = objective(width, modules(width))
    loss.values_known = True  # `fit` has looked at the values of all rows
    (step,) = make_player_steps(loss, loss, Adam)
    return lambda i: step.make([{"rows": data[i % len(data)]}], at=i).total  # as `fit` calls it


def seconds(step: Step, count: int) -> float:
    start = time.process_time()
    for i in range(count):
        step(i)
    return (time.process_time() - start) / count


def interval(ratios: list[float], draws: int = 2000) -> tuple[float, float]:
    """The bootstrapped 95 % interval of a median."""
    source = random.Random(0)
    medians = sorted(statistics.median(source.choices(ratios, k=len(ratios))) for _ in range(draws))
    return medians[draws // 40], medians[-draws // 40]


def peak_bytes(step: Step) -> int:
    """The most memory that tensors made in one step hold at once."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        step(0)
    events = profile.profiler.kineto_results.events()  # the only place where single allocations stand
    held = peak = 0
    for event in sorted((e for e in events if e.name() == "[memory]"), key=lambda e: e.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak


def main() -> None:
    torch.set_num_threads(1)
    print(f"Step time of a loop by hand with the finite check = 1; medians of {TURNS} interleaved turns")
    print(f"torch {torch.__version__}\n")
    sizes: dict[str, Any] = {}
    for name, (width, rows, count) in SIZES.items():
        data = batches(width, rows)
        steps = {
            "by hand": hand_step(width, data),
            "by hand, again (A/A)": hand_step(width, data),
            "by hand, no check": hand_step(width, data, check=False),
            "diagram, loop by hand": diagram_step(width, data),
            "diagram, step of fit": fit_step(width, data),
        }
        first = {key: [step(i).item() for i in range(10)] for key, step in steps.items()}
        drift = max(abs(a - b) for key in steps for a, b in zip(first["by hand"], first[key], strict=True))
        times: dict[str, list[float]] = {key: [] for key in steps}
        for turn in range(TURNS):
            for key in rotated(list(steps), turn):
                times[key].append(seconds(steps[key], count))
        print(f"{name}: {statistics.median(times['by hand']) * 1e6:.0f} µs by hand")
        rows_of_size: dict[str, list[float]] = {}
        for key in list(steps)[1:]:
            ratios = [a / b for a, b in zip(times[key], times["by hand"], strict=True)]
            low, high = interval(ratios)
            rows_of_size[key] = [statistics.median(ratios), low, high]
            print(f"  {key:24s}{statistics.median(ratios):.3f}  [{low:.3f} … {high:.3f}]")
            if "A/A" in key and max(high - 1, 1 - low) > 0.03:
                print("  this run is void: its A/A interval is wider than ±3 %")
        memory = peak_bytes(steps["diagram, loop by hand"]) / peak_bytes(steps["by hand"])
        print(f"  peak memory of the diagram {memory:.3f}; greatest difference of the first 10 losses {drift:.1e}\n")
        micro = statistics.median(times["by hand"]) * 1e6
        sizes[name] = {"microseconds": micro, "ratios": rows_of_size, "memory": memory, "drift": drift}
    write("step_overhead", turns=TURNS, sizes=sizes)


if __name__ == "__main__":
    main()
