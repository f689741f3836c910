"""The version of this clone, in each place that states it, and what stands between it and a publication."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def citation() -> dict[str, object]:
    """What CITATION.cff says, by its keys."""
    return yaml.safe_load(_text("CITATION.cff"))


def project() -> dict:
    """The table `project` of pyproject.toml."""
    return tomllib.loads(_text("pyproject.toml"))["project"]


def newest_change() -> tuple[str | None, str | None]:
    """Version and date of the topmost section of CHANGELOG.md; the date is None while the version is unreleased."""
    heading = next(line for line in _text("CHANGELOG.md").splitlines() if line.startswith("## "))
    unreleased = re.fullmatch(r"## \[Unreleased\]: (\S+)", heading)
    released = re.fullmatch(r"## \[(\S+)\] - (\d{4}-\d\d-\d\d)", heading)
    return (unreleased[1], None) if unreleased else released.groups() if released else (None, None)


def versions() -> dict[str, object]:
    """The stated version by the file that states it."""
    return {
        "pyproject.toml": project()["version"],
        "learning_diagrams/__init__.py": re.search(r'__version__ = "(.*)"', _text("learning_diagrams/__init__.py"))[1],
        "CITATION.cff": citation()["version"],
        "CHANGELOG.md": newest_change()[0],
    }


def next_steps() -> list[str]:
    """What a person does before and at the publication of this version, in order; no program does any of it."""
    version, released = newest_change()
    steps = []
    if "urls" not in project():
        steps.append(
            "Give the project an address: [project.urls] in pyproject.toml, repository-code in CITATION.cff, the "
            "place for reports in SECURITY.md, and README's links, which a package index cannot follow while they "
            "are relative. Let docs/start/install.md no longer say that the package stands in no index."
        )
    if released is None:
        steps.append(
            f"Date the release: '## [{version}] - YEAR-MONTH-DAY' in CHANGELOG.md, and date-released in CITATION.cff. "
            "Then run `make release` again."
        )
    return [
        *steps,
        "Run `make test-thorough`, `make test-pythons` and `make docs`.",
        f"Tag the commit: git tag -a v{version} -m 'learning_diagrams {version}'.",
        "Upload dist/ with twine, and push the tag. Nothing was uploaded so far.",
    ]


if __name__ == "__main__":
    print("dist/ is ready. Next:", *(f"{number}. {step}" for number, step in enumerate(next_steps(), 1)), sep="\n")
