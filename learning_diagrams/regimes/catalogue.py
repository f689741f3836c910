"""The catalogue of regimes: their names, and the files that ship beside them, read without DisCoPy or pydantic.

>>> sentences()["supervised"]
'A model learns from labels.'
>>> regime_file("mean teacher") == regime_file("mean_teacher")
True
"""

from __future__ import annotations

from importlib.resources import files

from learning_diagrams.errors import UnknownName, did_you_mean
from learning_diagrams.lazy_names import names_in_stub

NAMES = names_in_stub(__file__)


def regime_file(name: str) -> str:
    """The text of a regime's file. The name may have blanks or hyphens for underscores, and capitals.

    Raises `UnknownName` if no regime has the name.
    """
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    if key not in NAMES:
        raise UnknownName(f"no regime is named {name!r}; {did_you_mean(key, NAMES)}")
    return (files("learning_diagrams.regimes") / f"{key}.yaml").read_text(encoding="utf-8")


def sentences() -> dict[str, str]:
    """For each regime its definition in one sentence, which is the first comment of its file."""
    return {name: regime_file(name).partition("\n")[0].removeprefix("# ") for name in NAMES}
