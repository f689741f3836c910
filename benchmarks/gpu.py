"""Step time on a GPU, compiled from a diagram against the same loss by hand, in float32, bfloat16 and torch.compile.

    python benchmarks/gpu.py > benchmarks/gpu.md

Each step ends with a wait for the device; medians of interleaved turns, beside an A/A row.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from regime import batches, by_hand, modules, objective, rotated

TURNS, STEPS = 33, 20
SIZES = ((16, 32), (512, 256), (2048, 4096))


def make_step(width: int, data: list[dict[str, torch.Tensor]], kind: str, mode: str) -> Callable[[int], Any]:
    nets = {name: net.cuda() for name, net in modules(width).items()}
    if kind == "diagram":
        module = objective(width, nets)
        compiled = torch.compile(module, fullgraph=True) if mode == "torch.compile" else module

        def loss(batch: dict[str, torch.Tensor]) -> torch.Tensor:
            return compiled({"rows": batch})[0]
    else:
        nets["teacher"].requires_grad_(False).eval()

        def plain(batch: dict[str, torch.Tensor]) -> torch.Tensor:
            return by_hand(nets, batch)

        loss = torch.compile(plain, fullgraph=True) if mode == "torch.compile" else plain
    parameters = [p for net in nets.values() for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)

    def step(i: int) -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16) if mode == "bfloat16" else nullcontext():
            value = loss(data[i % len(data)])
        value.backward()
        optimizer.step()
        return value

    return step


def seconds(step: Callable[[int], Any]) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    for i in range(STEPS):
        step(i)
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / STEPS


def main() -> None:
    torch.set_num_threads(1)
    name = torch.cuda.get_device_name()
    print(f"# Step time on one {name}, torch {torch.__version__}\n")
    print(f"By hand = 1; median [min … max] of {TURNS} interleaved turns of {STEPS} steps; fused Adam on both sides.\n")
    print("| mode | width | rows | by hand, µs | diagram | A/A | peak memory | greatest difference of 10 losses |")
    print("|---|---|---|---|---|---|---|---|")
    for mode in ("float32", "bfloat16", "torch.compile"):
        for width, rows in SIZES:
            data = [{key: value.cuda() for key, value in batch.items()} for batch in batches(width, rows)]
            steps, peaks, first = {}, {}, {}
            for key in ("hand", "diagram", "again"):
                steps[key] = make_step(width, data, "diagram" if key == "diagram" else "hand", mode)
                first[key] = [steps[key](i).item() for i in range(10)]
                before = torch.cuda.memory_allocated()
                torch.cuda.reset_peak_memory_stats()
                steps[key](0)
                torch.cuda.synchronize()
                peaks[key] = torch.cuda.max_memory_allocated() - before
            times: dict[str, list[float]] = {key: [] for key in steps}
            for turn in range(TURNS):
                for key in rotated(list(steps), turn):
                    times[key].append(seconds(steps[key]))
            shown = []
            for key in ("diagram", "again"):
                ratios = [a / b for a, b in zip(times[key], times["hand"], strict=True)]
                shown.append(f"{statistics.median(ratios):.3f} [{min(ratios):.2f} … {max(ratios):.2f}]")
            micro = statistics.median(times["hand"]) * 1e6
            memory = peaks["diagram"] / max(peaks["hand"], 1)
            drift = max(abs(a - b) for a, b in zip(first["hand"], first["diagram"], strict=True))
            row = [mode, width, rows, f"{micro:.0f}", *shown, f"{memory:.3f}", f"{drift:.1e}"]
            print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main()
