"""Idle symbols of a colimit: symbols that no normal form has, as a box into I, which is equal to discard.

Equal learning diagrams may differ in idle symbols, and have equal colimits. So the names of idle symbols are chosen
last: such a name changes the name of no other symbol. In the theory symmetric, idle symbols count.

>>> from learning_diagrams import Box, Equation, Ty
>>> c = Ty("c")
>>> copied, counit = Box("copied", c, c @ c), Box("counit", c, Ty())
>>> d = LearningDiagram(axioms=[Equation(copied >> counit @ c, copied >> c @ counit, "balanced")])
>>> maps = with_idle_symbols({"a": SymbolMap({})}, {"a": d})
>>> print(maps["a"].symbols[Symbol("box", "counit")])
box 'counit'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, count

from learning_diagrams.editing.symbol import Symbol, generators, with_presence
from learning_diagrams.editing.symbol_map import SymbolMap
from learning_diagrams.learning_diagram import LearningDiagram


def with_idle_symbols(to: Mapping[str, SymbolMap], diagrams: Mapping[str, LearningDiagram]) -> dict[str, SymbolMap]:
    """The maps of some diagrams, with an image for each generator; a name that is not free has the label in front."""
    alike = Counter(symbol for diagram in diagrams.values() for symbol in generators(diagram.signature))
    taken = {name for each in to.values() for image in each.symbols.values() for name in (image.name, image.called)}
    maps = {}
    for at, diagram in diagrams.items():
        images = dict(to[at].symbols)
        for symbol in generators(diagram.signature):  # sample spaces before their columns
            if symbol not in images:
                space = images[Symbol("sample space", symbol.space)].name if symbol.space else ""
                names = _names(at, symbol.name)
                if alike[symbol] == 1:
                    names = chain([symbol.name], names)
                choices = (Symbol(symbol.kind, name, space) for name in names)
                images[symbol] = new = next(choice for choice in choices if choice.called not in taken)
                taken |= {new.name, new.called}
        maps[at] = SymbolMap(with_presence(images))
    return maps


def _names(at: str, name: str) -> Iterator[str]:
    yield f"{at}.{name}"
    yield from (f"{at}.{name}_{number}" for number in count(2))
