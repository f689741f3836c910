"""Terms that mean harm end in short errors, in bounded time and memory; what is long or wide and fits is read."""

import time
import tracemalloc

import pytest

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import LearningDiagramError, ParseError
from learning_diagrams.terms.parser import parse, parse_term
from strategies import ROWS

x, y = Ty("x"), Ty("y")
f, g, wide, k = Box("f", x, y), Box("g", y, x), Box("wide", x @ y, y @ x), Kernel("k", x, x)
pixels, state = ROWS.column("pixels", x), ROWS.state
signature = Signature.of([f, g, wide, k, pixels, state])


def same(lhs, rhs):
    return (lhs.dom, lhs.cod, digest(lhs)) == (rhs.dom, rhs.cod, digest(rhs))


def read(text):
    return parse_term(text, signature)


def quick(text, error=ParseError, seconds=6.0):  # half a second, where nothing else runs
    start = time.process_time()
    with pytest.raises(error) as caught:
        parse(text, signature)
    assert time.process_time() - start < seconds
    assert len(str(caught.value)) < 2_000
    return str(caught.value)


MEGABYTE = 1_000_000
HOSTILE = {
    "parentheses": "(" * MEGABYTE,
    "at signs": "@" * MEGABYTE,
    "arrows": ">>" * (MEGABYTE // 2),
    "one name": "f" * MEGABYTE,
    "one dotted name": "f." * (MEGABYTE // 2) + "f",
    "names": "f " * (MEGABYTE // 2),
    "boxes in a row": "k >> " * (MEGABYTE // 5) + "k",
    "boxes side by side": "f @ " * (MEGABYTE // 4) + "f",
    "boxes side by side, closed": f"({'(f @ f) @ ' * (MEGABYTE // 10)}f)",
    "copies": "copy(x, 9999) @ " * (MEGABYTE // 16) + "f",
    "copies in a row": "copy(x, 9999) >> discard(x)" + " >> f" * (MEGABYTE // 5),
    "a wide copy": f"copy({'x @ ' * 1000}x, 9999)",
    "a wide copy of two": "copy(x @ y, 9999)",
    "a wide swap": f"swap({'x @ ' * (MEGABYTE // 8)}x, {'x @ ' * (MEGABYTE // 8)}x)",
    "a wide type": f"id({'x @ ' * (MEGABYTE // 4)}x) >> f",
    "a number": f"copy(x, {'9' * MEGABYTE})",
    "blanks": " " * MEGABYTE,
    "nulls": "\0" * MEGABYTE,
    "nested to the right": "(f @ " * 200 + "f @ " * (MEGABYTE // 8) + "f" + ")" * 200,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_term_ends_in_a_short_error_within_a_second(text):
    quick(text, LearningDiagramError)


def test_a_hostile_term_takes_little_memory():
    for text in ("f @ " * 200_000 + "f", "copy(x, 9999) @ " * 60_000 + "f", "copy(x @ y, 9999)"):
        tracemalloc.start()
        quick(text, seconds=20)  # tracing makes everything slow
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100_000_000


def test_what_is_wide_and_fits_is_read():
    assert read(f"id({'x @ ' * 9_999}x)") == Id(x**10_000)
    assert len(read("copy(x, 9999)").cod) == 9_999
    assert len(read(" @ ".join(["f"] * 900)).boxes) == 900
    assert len(read(f"swap({'x @ ' * 30}x, {'y @ ' * 30}y)").boxes) == 31**2


def test_time_is_linear_in_length():
    def seconds(n):
        text = " >> ".join(["f >> g"] * (n // 2))
        times = []
        for _ in range(3):
            start = time.process_time()
            read(text)
            times.append(time.process_time() - start)
        return min(times)

    assert seconds(40_000) < 10 * seconds(10_000)
