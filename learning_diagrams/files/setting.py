"""A setting: a place in plain data, and the value that it has instead of what the data say.

>>> setting = Setting.read("stages.0.lr=1e-2")
>>> setting.put({"stages": [{"lr": 0.1}]})
{'stages': [{'lr': 0.01}]}
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Any, Self

from learning_diagrams.documents.document import Place
from learning_diagrams.errors import ParseError, UnknownName, brief, did_you_mean, plural
from learning_diagrams.files.decoding import read_yaml
from learning_diagrams.files.plain_data import SyntaxFault


@dataclass(frozen=True)
class Setting:
    """A value for a place.

    Attributes
    ----------
    place : tuple of str and int, keys of mappings and numbers of items.
    value : plain data.
    """

    place: Place
    value: Any

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `place=value`: keys are parted by dots, items of lists are numbers from 0, the value is YAML.

        An item may stand as an error writes it, as in stages[0].lr.

        Raises `ParseError` for another text.
        """
        place, equals, value = text.partition("=") if isinstance(text, str) else ("", "", "")
        if not equals or not all(place.split(".")):
            raise ParseError(f"a setting is written place=value, as in stages.0.lr=0.01; got {brief(text)}")
        try:
            return cls(place_of(place), read_yaml(value).data() if value.strip() else None)
        except SyntaxFault as fault:
            raise ParseError(f"the value of the setting {brief(text)} is not YAML: {fault.message}") from None

    def put(self, data: Any) -> Any:
        """A copy of the data with the value in its place; a mapping that is absent on the way is made.

        Raises `UnknownName` for an item that a list does not have, and for a place below a number or a text.
        """
        root = here = copy.deepcopy(data)
        for depth, step in enumerate(self.place):
            last = depth == len(self.place) - 1
            if isinstance(here, list):
                if not isinstance(step, int) or not 0 <= step < len(here):
                    items = plural(len(here), "item")
                    raise UnknownName(f"{self}: {brief(step)} is no item of a list of {items}; add it in the file")
            elif isinstance(here, dict):
                step = str(step)
                if not last and here.get(step) is None:
                    here[step] = {}
            else:
                raise UnknownName(f"{self}: {brief(here)} has no parts; {did_you_mean(str(step), ())}")
            if last:
                here[step] = self.value
            else:
                here = here[step]
        return root

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.place))}={self.value}"


def place_of(text: str) -> Place:
    """The place that a text with dots names, or one as an error writes it.

    >>> place_of("stages.0.lr") == place_of("stages[0].lr")
    True
    """
    dotted = re.sub(r"\[(\d+)\]", r".\1", text)
    return tuple(int(step) if step.isdecimal() else step for step in dotted.split("."))
