"""Notebooks show learning diagrams and DisCoPy's diagrams as pictures, and leave DisCoPy's classes as they are."""

import sys
from types import SimpleNamespace

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.notebook import register

x = ld.Ty("x")


class Formatter:
    def __init__(self):
        self.functions = {}

    def for_type_by_name(self, module, name, function):
        self.functions[module, name] = function


def test_a_diagram_is_shown_as_a_picture():
    formatter = Formatter()
    register(SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter})))
    show = formatter.functions["discopy.markov", "Diagram"]
    f = ld.Box("f", x, x)
    assert show(f >> ld.Copy(x) >> f @ f).count('data-box="f"') == 3
    assert show(ld.Id(x)).startswith("<svg") and show(f).startswith("<svg")


def test_a_learning_diagram_has_html_and_text():
    bundle = regimes.distillation()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "<svg" in bundle["text/html"] and bundle["text/plain"] == str(regimes.distillation())


def test_pictures_show_themselves_and_are_written_whole(tmp_path):
    picture = regimes.distillation().draw(theme="dark", width=500)
    assert 'width="500"' in picture.svg and "@media" not in picture.svg
    assert picture._repr_mimebundle_()["text/plain"] == repr(picture) and len(repr(picture)) < 100
    picture.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg
    for name in ("a.txt", "missing/a.svg", "a"):
        with pytest.raises(ld.FileError):
            picture.save(tmp_path / name)
    for options in ({"theme": "blue"}, {"width": 0}, {"width": True}, {"width": "wide"}):
        with pytest.raises(ld.TypeMismatch):
            regimes.distillation().draw(**options)


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_png_and_pdf_are_drawn_by_cairosvg(form, tmp_path):
    pytest.importorskip("cairosvg", exc_type=(ImportError, OSError))
    regimes.supervised().draw(tmp_path / f"a.{form}")
    assert (tmp_path / f"a.{form}").read_bytes()[:5] in (b"%PDF-", b"\x89PNG\r")


def test_without_cairosvg_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(ld.FileError, match=r"learning-diagrams\[pictures\]"):
        regimes.supervised().draw(tmp_path / "a.png")


def test_axioms_and_learning_diagrams_without_constraints_are_drawn():
    f, g = ld.Box("f", x, x), ld.Box("g", x, x)
    shown = ld.LearningDiagram(axioms={"inverse": ld.Equation(f >> g, ld.Id(x))}).draw().svg
    assert "inverse" in shown and shown.count('data-box="f"') == 1
    assert ld.LearningDiagram().draw().svg.startswith("<svg")


@pytest.mark.thorough
def test_five_thousand_boxes_are_folded():
    f = ld.Box("f", x, x)
    column = ld.SampleSpace("s").column("c", x)
    long = ld.LearningDiagram(ld.Constraint("long", ld.Id(x).then(*[f] * 5000), f, over=column))
    assert long.draw().scene.width <= 1000
