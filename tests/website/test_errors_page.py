"""The catalogue of errors: each program raises what its page shows, and each `raise` is in the catalogue once."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from learning_diagrams.semantics import divergences

ROOT = Path(__file__).resolve().parents[2]
IN_CLONE = (ROOT / "website").is_dir()
pytestmark = pytest.mark.skipif(not IN_CLONE, reason="the site is in the clone only")
CLASSES = sorted(path.stem for path in (ROOT / "website" / "errors").glob("*.md")) if IN_CLONE else []


def entries():
    return import_module("website.errors.error_entries")


@pytest.mark.parametrize("name", CLASSES)
def test_each_program_raises_what_is_shown_at_its_place(name, tmp_path, monkeypatch):
    monkeypatch.setattr(divergences, "_latest", {})  # divergences that other tests have defined
    if find_spec("torch"):  # torch.compile, which other pages call, switches this off for the whole process
        monkeypatch.setattr("torch.distributions.Distribution._validate_args", True)
    for number, entry in enumerate(entries().read(name)[1]):
        (tmp_path / str(number)).mkdir()
        monkeypatch.chdir(tmp_path / str(number))
        shown, places = entries().run(entry.program)
        assert (shown, entry.place in places) == (entry.shown, True), (
            f"{entry.place}: {places}\n{entry.program}\n{shown}"
        )
        assert shown.startswith(f"{name}: "), entry.place


def test_each_raise_is_in_the_catalogue_once():
    places = [entry.place for name in CLASSES for entry in entries().read(name)[1]]
    assert len(places) == len(set(places))
    assert set(places) == set(import_module("website.errors.error_sites").sites())


def test_no_entry_is_lost_in_reading():
    for name in CLASSES:
        text = (ROOT / "website" / "errors" / f"{name}.md").read_text(encoding="utf-8")
        assert text.count("\n## ") == len(entries().read(name)[1])


def test_every_class_has_a_page():
    errors = import_module("learning_diagrams.errors")
    kinds = {
        kind.__name__ for kind in errors.LearningDiagramError.__subclasses__() if kind.__module__ == errors.__name__
    }
    assert kinds <= set(CLASSES)
