"""A release has one version, and one date; what cites it and what describes it agree."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.skipif(not (ROOT / "Makefile").exists(), reason="needs the clone, not the wheel")


@pytest.fixture
def version():
    where = importlib.util.spec_from_file_location("version", ROOT / "release" / "version.py")
    module = importlib.util.module_from_spec(where)
    where.loader.exec_module(module)
    return module


def test_every_file_states_the_same_version(version):
    assert len(set(version.versions().values())) == 1, version.versions()


def test_the_citation_has_the_date_the_licence_and_the_keywords_of_the_project(version):
    citation = version.citation()
    assert str(citation.get("date-released")) == str(version.newest_change()[1])
    assert citation["license"] == version.project()["license"]
    assert citation["keywords"] == version.project()["keywords"]
    assert citation.keys() >= {"cff-version", "message", "title", "authors"}


def test_the_date_of_a_released_version_is_read(version, monkeypatch):
    monkeypatch.setattr(version, "_text", lambda name: "# Changelog\n\n## [1.2.0] - 2030-01-02\n\n## [1.1.0] - 2029\n")
    assert version.newest_change() == ("1.2.0", "2030-01-02")


def test_the_next_steps_say_that_the_project_has_no_address(version, monkeypatch):
    monkeypatch.setattr(version, "project", dict)
    assert "address" in version.next_steps()[0]
    monkeypatch.setattr(version, "project", lambda: {"urls": {}})
    monkeypatch.setattr(version, "newest_change", lambda: ("1.2.0", "2030-01-02"))
    assert [step.split()[0] for step in version.next_steps()] == ["Run", "Tag", "Upload"]


def test_no_file_leads_to_an_address_that_the_project_does_not_have(version):
    if "urls" in version.project():
        pytest.skip("the project has an address")
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", "pyproject.toml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.findall(r"colab\.research|git(?:hub|lab)\.\w+/[\w-]+/learning.diagrams|readthedocs", text) == [], name


@pytest.mark.parametrize("form", ["fault", "wish"])
def test_an_issue_form_has_what_a_form_needs(form):
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text(encoding="utf-8")
    entries = yaml.safe_load(text)
    assert entries.keys() == {"name", "description", "labels", "body"}
    names = [entry["id"] for entry in entries["body"] if entry["type"] == "textarea"]
    assert names and len(set(names)) == len(names)


def test_the_notes_of_the_release_say_what_was_tested_on_each_python_of_the_classifiers(version):
    project = version.project()
    notes = (ROOT / "docs" / "releases" / f"{project['version']}.md").read_text(encoding="utf-8")
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(project["classifiers"]), re.M)
    assert sorted(named) == sorted(set(re.findall(r"^\| (3\.\d+)\.\d+ \|", notes, re.M)))
