"""The page of each regime: its edits run and change it, and its figures are those of the runs."""

import json
import re
import statistics
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from learning_diagrams import regimes

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "website").is_dir(), reason="the site is in the clone only")


@pytest.mark.parametrize("name", regimes.__all__)
def test_each_of_three_edits_changes_the_regime_in_its_own_way(name):
    edits = import_module("website.regimes.regime_notes").edits(name)
    digests = {edit.difference.second.digest() for edit in edits}
    assert len(edits) == len(digests | {getattr(regimes, name)().digest()}) - 1 == 3
    assert all(edit.difference.changes and edit.why.endswith(".") for edit in edits)


@pytest.mark.parametrize("name", regimes.__all__)
def test_a_page_has_all_that_it_should(name):
    page, diagram = import_module("website.regimes.regime_pages").page(name), getattr(regimes, name)()
    headings = re.findall("^## (.*)", page, re.M)
    asked = ["Formula", "Code", "What to measure", "What it reaches", "Three edits", "Source"]
    assert [heading for heading in headings if heading in asked] == asked
    assert all(f"- `{constraint.name}`: " in page for constraint in diagram.constraints)
    assert "$$\n\\begin{aligned}" in page and "```py\ndef loss(batch, boxes, constants):" in page
    assert f"def {name}(" in page and '"""' not in page
    assert re.search(r"## Source\n\n\S.*\(\d{4}\)", page)
    assert page.count("\n- ", page.index("## What to measure"), page.index("## What it reaches")) >= 2
    assert (ROOT / "docs" / "regimes" / f"{name}.svg").is_file()


def test_every_picture_of_a_page_is_written():
    written = dict(import_module("website.regimes.regime_pages").pages())
    shown = {
        file for text in written.values() if isinstance(text, str) for file in re.findall(r"\]\((\w+\.svg)\)", text)
    }
    committed = {path.name for path in (ROOT / "docs" / "regimes").glob("*.svg")}
    drawn = {place.removeprefix("regimes/") for place in written if place.endswith(".svg")}
    assert shown == committed | drawn and len(drawn) == 4 * len(regimes.__all__)
    assert written["regimes/supervised_edit_1.svg"]().startswith("<svg")
    for name in regimes.__all__:
        assert (
            f"**[{import_module('website.regimes.contact_sheet').title(name)}]({name}.md)**"
            in written["regimes/index.md"]
        )


def test_figures_are_those_of_the_runs_and_stand_nowhere_else():
    notes = import_module("website.regimes.regime_notes").notes()
    assert notes.keys() == set(regimes.__all__)
    for name, entry in notes.items():
        assert not re.search(r"\d\s?%|±|(?<![=\d])0?\.\d{2}", yaml.safe_dump({**entry, "edits": []})), name
        page = import_module("website.regimes.regime_pages").page(name)
        assert {"paper", "notebook", "run"} & entry.keys() and "standard deviation over 3 seeds" in page
        if "paper" in entry:
            experiment = entry["paper"]["experiment"]
            rows = json.loads((ROOT / "paper" / "results" / f"{experiment}.json").read_text(encoding="utf-8"))["rows"]
            for method in entry["paper"]["methods"]:
                runs = [row for row in rows if row["method"] == method]
                (measure, *_) = (key for key in runs[0] if key not in ("method", "seed"))
                assert f"| {method} |" in page
                assert f"{statistics.mean(row[measure] for row in runs):.3f}\u00a0±" in page


def test_small_runs_are_those_of_the_regimes_as_they_are():
    kept = import_module("website.regimes.figures").runs()
    notes = import_module("website.regimes.regime_notes").notes()
    assert kept.keys() == {name for name, entry in notes.items() if "run" in entry}
    for name, run in kept.items():
        assert run["digest"] == getattr(regimes, name)().digest(), "run `make figures`"
        assert sorted({row["seed"] for row in run["rows"]}) == [0, 1, 2]
        assert {"this regime"} < {row["method"] for row in run["rows"]}


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["pinn", "inverse_pair", "mean_teacher", "autoencoder", "gan", "wgan_gp", "dino"])
def test_a_small_run_has_the_rows_that_are_kept(name, monkeypatch):
    frame, figures = import_module("website.regimes.runs.frame"), import_module("website.regimes.write_figures")
    fit = frame.fit
    monkeypatch.setattr(frame, "fit", lambda *args, epochs=None, **options: fit(*args, **options | {"steps": 2}))
    kept = json.loads(figures.FIGURES.read_text(encoding="utf-8"))[name]["rows"]
    rows = [{"method": method, "seed": 0} | row for method, row in {run.__name__: run for run in figures.RUNS}[name](0)]
    assert [row.keys() for row in rows] == [row.keys() for row in kept if row["seed"] == 0]


def test_a_method_that_no_run_has_is_no_empty_table():
    with pytest.raises(KeyError, match=r"distillation.json has no rows of \['plane'\]"):
        import_module("website.regimes.figures").of_experiment("distillation", ["plane"], "")


def test_the_gallery_is_light_and_shows_each_kind():
    (place, page), *pictures = import_module("website.pictures.gallery_page").pages()
    assert place == "pictures/gallery.md" and len(pictures) > 30
    assert sum(len(picture) for _, picture in pictures) < 3_000_000
    shown = {f"pictures/{file}" for file in re.findall(r"\]\(([^)]*\.svg)\)", page)}
    assert shown == {place for place, _ in pictures}
    assert {f"## {kind.capitalize()}" for kind in import_module("website.pictures.gallery").KINDS} - set(
        page.split("\n")
    ) == {"## Learning graphs"}
