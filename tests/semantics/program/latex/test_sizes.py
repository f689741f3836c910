"""Numbers of features and outcomes in a formula: each letter is defined, and is one for each object."""

import dataclasses
import re

import learning_diagrams as ld

x, y, s = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("s")
p, q = s.column("p", x), s.column("q", x)
f, g, k = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, x)
C, LD = ld.Constraint, ld.LearningDiagram


def shown(*args, **options):
    return str(ld.formula(*args, **options))


def test_a_number_of_features_is_one_letter_for_each_object_and_is_defined_once():
    u, n = s.column("u", y), s.column("n", y)
    terms = [C("one", p >> f, q), C("same", q >> g, p), C("other", p >> ld.Box("h", x, y), u)]
    means = [dataclasses.replace(term, divergence="mean_squared_error") for term in terms]
    text = shown(LD(*means))
    assert re.findall(r"tfrac\{1\}\{(.*?\})\}", text) == ["n_{x}", "n_{y}", "n_{x}"]
    assert text.splitlines()[4:-1] == [
        r"n_{x} ={}& \text{the number of features of } x \\", r"n_{y} ={}& \text{the number of features of } y"
    ]  # fmt: skip
    assert r"\tfrac{1}{m_{y}} \bigl\lVert u - n\bigr" in shown(C("c", u, n, divergence="mean_squared_error"))


def test_a_definition_says_what_its_count_is():
    smoothed = shown(C("c", p >> k, q, divergence={"name": "kl", "label_smoothing": 0.1}), written=True)
    assert smoothed.splitlines()[2].endswith(r"\tfrac{\varepsilon}{n}\bigr)\log p_{k},\quad n \text{ outcomes } k")
    mean = shown(C("c", p >> k, q, divergence="mean_squared_error"), written=True)
    assert mean.splitlines()[2].endswith(r"{}& (1/n) \sum_{i} (p_{i} - r_{i})^2, n \text{ features }")
