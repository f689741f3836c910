"""Writes the parts of the paper that results, benchmarks and the library make into paper/generated: `make paper`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "paper" / "generated"
sys.path[:0] = [str(ROOT / "examples" / "reproduce")]


def parts() -> Iterator[tuple[str, str]]:
    """The name of each part and its LaTeX."""
    from benchmark_parts import parts_of_benchmarks
    from library_parts import parts_of_library
    from result_parts import parts_of_results

    yield from parts_of_results()
    yield from parts_of_benchmarks()
    yield from parts_of_library()


def main() -> None:
    GENERATED.mkdir(exist_ok=True)
    written = set()
    for name, text in parts():
        path = GENERATED / f"{name}.tex"
        path.write_text(text, encoding="utf-8")
        written.add(path)
    for path in set(GENERATED.glob("*.tex")) - written:
        path.unlink()
    print(f"{len(written)} parts in {GENERATED.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
