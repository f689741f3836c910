"""Notebooks show learning diagrams and DisCoPy's diagrams as pictures, and leave DisCoPy's classes as they are."""

import json
import os
import re
import subprocess
import sys

import pytest

import learning_diagrams as ld
from learning_diagrams import regimes

x = ld.Ty("x")


BEGIN = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
NAMES = "import learning_diagrams as ld; x = ld.Ty('x'); f = ld.Box('f', x, x); k = ld.Kernel('k', x, x)"
LATER, EXTENSION = "ld.parse", "shell.run_line_magic('load_ext', 'learning_diagrams')"
ORDERS = {
    "package after IPython": [BEGIN, NAMES],
    "package before IPython, a further name after it": [NAMES, BEGIN, LATER],
    "package before IPython, and the extension": [NAMES, BEGIN, EXTENSION],
}
SHOW = """
import discopy.markov as markov
values = {"ty": x, "box": f, "kernel": k, "diagram": f >> ld.Copy(x) >> f @ k, "id": ld.Id(x), "copy": ld.Copy(x),
          "column": ld.SampleSpace("rows").column("c", x), "state": ld.SampleSpace("rows").state,
          "theirs": markov.Box("theirs", x, x) >> markov.Copy(x), "nothing": ld.Ty(), "space": ld.SampleSpace("rows")}
bundles = {name: shell.display_formatter.format(value)[0] for name, value in values.items()}
shown = {name: (each["text/plain"], each.get("text/html", "").count("<svg")) for name, each in bundles.items()}
print(json.dumps(shown))
"""


@pytest.mark.parametrize("order", ORDERS)
def test_ipython_shows_diagrams_as_pictures_and_types_as_names(order, tmp_path):
    pytest.importorskip("IPython")
    own = "[dict(vars(kind)) for kind in (m.Diagram, m.Box, c.Ty)]"
    before, after = f"import discopy.markov as m, discopy.monoidal as c; own = {own}", f"assert own == {own}"
    formats = "shell.display_formatter.active_types = shell.display_formatter.format_types"
    program = "\n".join(["import json", before, *ORDERS[order], formats, SHOW, after])
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    pictures = {"f": "box", "k": "kernel", "Id(x)": "id", "Copy(x)": "copy", "c": "column", "state(rows)": "state"}
    shown = json.loads(done.stdout.splitlines()[-1])
    texts = {"ty": "x", "nothing": "I", "space": "SampleSpace('rows')"}
    assert {name: shown.pop(name) for name in texts} == {name: [text, 0] for name, text in texts.items()}
    assert all(count == 1 for _, count in shown.values())
    assert {shown[name][0] for name in pictures.values()} <= {*pictures, "rows"}
    assert shown["diagram"][0] == "f >> Copy(x) >> f @ x >> x @ k"


def test_two_pictures_share_a_page():
    pictures = [regimes.supervised().draw(theme=theme).svg for theme in ("light", "dark", "auto")]
    assert len({re.search(r'<svg[^>]* class="([^"]*)"', picture)[1] for picture in pictures}) == 3
    for picture in pictures:
        scope = re.search(r'<svg[^>]* class="([^"]*)"', picture)[1]
        rules = re.findall(r"([^{}\n]+)\{[^{}]*\}", picture[picture.index("<style>") + 7 : picture.index("</style>")])
        assert rules and all(rule.startswith(f".{scope} .") for rule in rules)
        assert " id=" not in picture and "aria-labelledby" not in picture


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
