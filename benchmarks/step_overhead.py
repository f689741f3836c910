"""Time and memory of a training step, compiled from a diagram against the same loss by hand. Run by `make bench`.

One thread; the variants take turns in one process, and medians of ratios over the turns are quoted beside an A/A row
(the loop by hand against itself), which says how much is noise.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from regime import batches, by_hand, modules, objective, rotated
from torch import Tensor, nn

TURNS = 33
SIZES = {"width 16, 32 rows": (16, 32, 100), "width 512, 256 rows": (512, 256, 8)}
Step = Callable[[int], Tensor]


def make_step(loss: Callable[[dict[str, Tensor]], Tensor], nets: dict[str, nn.Module], data: list[dict]) -> Step:
    parameters = [p for net in nets.values() for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)

    def step(i: int) -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        value = loss(data[i % len(data)])
        value.backward()
        optimizer.step()
        return value

    return step


def hand_step(width: int, data: list[dict]) -> Step:
    nets = modules(width)
    nets["teacher"].requires_grad_(False)
    return make_step(lambda batch: by_hand(nets, batch), nets, data)


def diagram_step(width: int, data: list[dict]) -> Step:
    nets = modules(width)
    loss = objective(width, nets)
    return make_step(lambda batch: loss({"rows": batch})[0], nets, data)


def seconds(step: Step, count: int) -> float:
    start = time.perf_counter()
    for i in range(count):
        step(i)
    return (time.perf_counter() - start) / count


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
    print(f"Step time by hand = 1; median [min … max] of {TURNS} interleaved turns; torch {torch.__version__}\n")
    print(f"{'size':22s}{'by hand':>10s}{'diagram':>26s}{'A/A':>26s}{'peak memory':>14s}")
    for name, (width, rows, count) in SIZES.items():
        data = batches(width, rows)
        steps = {"hand": hand_step(width, data), "diagram": diagram_step(width, data), "again": hand_step(width, data)}
        first = {key: [step(i).item() for i in range(10)] for key, step in steps.items()}
        drift = max(abs(a - b) for a, b in zip(first["hand"], first["diagram"], strict=True))
        times: dict[str, list[float]] = {key: [] for key in steps}
        for turn in range(TURNS):
            for key in rotated(list(steps), turn):
                times[key].append(seconds(steps[key], count))
        shown = []
        for key in ("diagram", "again"):
            ratios = [a / b for a, b in zip(times[key], times["hand"], strict=True)]
            shown.append(f"{statistics.median(ratios):.3f} [{min(ratios):.2f} … {max(ratios):.2f}]")
        memory = peak_bytes(steps["diagram"]) / peak_bytes(steps["hand"])
        micro = statistics.median(times["hand"]) * 1e6
        print(f"{name:22s}{micro:>7.0f} µs{shown[0]:>26s}{shown[1]:>26s}{memory:>14.3f}")
        print(f"{'':22s}greatest difference between the losses of the first 10 steps: {drift:.1e}")


if __name__ == "__main__":
    main()
