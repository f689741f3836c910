"""The laws, each with the tests that check it.

The laws of categories are the functions of `tests/laws/laws.py`: a test that calls such a function checks that law.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import yaml

from website.breakable_place import breakable

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "tests" / "laws" / "laws.py"


def book() -> dict[str, list[str]]:
    """What each law of the book says, by the name of its function.

    >>> book()["swap_involution"]
    ['swap ; swap = id']
    """
    table = {}
    for function in ast.parse(BOOK.read_text(encoding="utf-8")).body:
        if isinstance(function, ast.FunctionDef):
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _called(node) == "holds"]
            if calls:
                table[function.name] = [ast.literal_eval(call.args[0]) for call in calls]
    return table


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def tests_of_the_book() -> dict[str, list[str]]:
    """The tests that call each law of the book."""
    table: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "import laws" not in text:
            continue
        for test in ast.walk(ast.parse(text)):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                for name in sorted({_law(node) for node in ast.walk(test)} & set(book())):
                    table[name].append(f"{path.relative_to(ROOT)}::{test.name}")
    return table


def _law(node: ast.AST) -> str:
    """The name in `laws.name`."""
    is_law = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "laws"
    return node.attr if is_law else ""


def further() -> dict[str, dict[str, str]]:
    """The laws of `laws.yaml`: by heading, what a law says and the test that checks it."""
    return yaml.safe_load((ROOT / "website" / "mathematics" / "laws.yaml").read_text(encoding="utf-8"))


def pages() -> Iterator[tuple[str, str]]:
    tests = tests_of_the_book()
    lines = [
        "# Laws",
        "",
        "Each law is a test that runs on random examples, or on all small ones. The order of arrows is written: "
        "f ; g is first f, then g, as `f >> g` in code. ⊗ is `@`.",
        "",
        "## Symmetric monoidal categories with copy and discard",
        "",
        "The book of these laws is `tests/laws/laws.py`. It holds for diagrams up to normal form, and for finite "
        "stochastic maps.",
        "",
        "| law | checked by |",
        "|---|---|",
        *(f"| {'<br>'.join(said)} | {'<br>'.join(map(breakable, tests[name]))} |" for name, said in book().items()),
    ]
    for heading, laws in further().items():
        lines += ["", f"## {heading}", "", "| law | checked by |", "|---|---|"]
        lines += [f"| {said} | {breakable(test)} |" for said, test in laws.items()]
    # No line ends before the sign of a composition.
    yield "mathematics/laws.md", "\n".join([*lines, ""]).replace(" ;", "\N{NO-BREAK SPACE};")
