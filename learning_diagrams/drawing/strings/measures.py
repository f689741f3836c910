"""The measures of a string diagram: how much room plates, ports and names of wires take, along the flow and across it.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> graph = PortGraph.from_diagram(Box("f", Ty("x"), Ty("x", "y")))
>>> [Measures(graph, {}, upright, 1000).sizes for upright in (False, True)]
[[(56, 68)], [(32, 68)]]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise, starmap

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.symbol import object_symbol
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.look import Looks, label_of, look_of, written
from learning_diagrams.drawing.elements.plates import HEIGHT, POINT, PORT, Look, plate_size
from learning_diagrams.drawing.strings.layering import Layering, Strand
from learning_diagrams.drawing.strings.pen import NAME

AHEAD = 12  # straight pixels before and behind a plate
LEAST = 32  # pixels along a wire for its name
ROOM = 8  # more pixels between plates than between wires
BESIDE = 9  # pixels from a wire to its name
MARK = 9  # pixels along a wire for a diamond, and for the strokes where no gradient passes


class Measures:
    """The sizes of all parts of a graph. "Along" is the direction in which wires run, "across" is the other one.

    Parameters
    ----------
    upright : bool, whether wires run down or up, so that plates lie across them.
    most : float, the pixels across that the plates of a layer may fill.
    layering : Layering or None, by default one whose layers are to be ordered.

    Attributes
    ----------
    sizes : for each box its pixels along and across.
    starts : for each wire the place and the port where it begins.
    """

    def __init__(
        self, graph: PortGraph, looks: Mapping[str, Look], upright: bool, most: float, layering: Layering | None = None
    ) -> None:
        self.graph, self.upright = graph, upright
        self.count = len(graph.boxes)
        looks = looks if isinstance(looks, Looks) else Looks(looks, graph.boxes)
        self.looks = [look_of(box, looks) for box in graph.boxes]
        self.objects = [label_of(object_symbol(ob), looks) for ob in graph.wire_objects]
        self.starts = [(self.count + i, 0) for i in range(len(graph.dom))]
        for place, box in enumerate(graph.boxes):
            self.starts += [(place, port) for port in range(len(box.cod))]
        self.fed = Counter(wire for arguments in graph.arguments for wire in arguments)
        self.uses = self.fed + Counter(graph.outputs)
        self.names: dict[int, list[float]] = {}  # for each place the widths of the names of the wires that begin there
        for wire, (place, _) in enumerate(self.starts):
            width = text_width(shown_label(self.objects[wire]), NAME) + self.before_name(wire)
            self.names.setdefault(place, []).append(width)
        self.apart = [self._ports_apart(place) for place in range(self.count)]
        self.sizes = [self._size(place) for place in range(self.count)]
        self.layering = layering or Layering.first(graph, [size + 2 * ROOM for _, size in self.sizes], most)

    def _ports_apart(self, place: int) -> tuple[float, float]:
        """The pixels between two inputs of a box, and between two outputs: names stand beside wires that run down."""
        return PORT, max([PORT, *(width + ROOM for width in self.names.get(place, [])[:-1])]) if self.upright else PORT

    def _size(self, place: int) -> tuple[float, float]:
        box, look = self.graph.boxes[place], self.looks[place]
        if not self.upright:
            return plate_size(written(box), look, max(len(box.dom), len(box.cod)))
        (ins, outs), edge = self.apart[place], HEIGHT + (POINT if look.pointed else 0)
        ports = max(edge + ins * (len(box.dom) - 1), edge + outs * (len(box.cod) - 1))
        return HEIGHT, max(plate_size(written(box), look, 1)[0], ports)

    def passes(self, place: int) -> bool:
        """Whether a wire only passes a place, or begins or ends there without a box."""
        return place >= self.count

    def port(self, strand: Strand, source: bool) -> float:
        """The pixels across from the middle of a place to the end of a strand there."""
        return self.offset(
            strand.source if source else strand.target, strand.out_port if source else strand.in_port, source
        )

    def offset(self, place: int, port: int, source: bool) -> float:
        if place >= self.count:
            return 0.0
        box = self.graph.boxes[place]
        lean = POINT / 2 if self.upright and self.looks[place].pointed else 0.0
        return lean + self.apart[place][source] * (port - (max(len(box.cod if source else box.dom), 1) - 1) / 2)

    def half(self, place: int) -> float:
        """The pixels across from the middle of a place to its edge, with the room that a wire has."""
        return (self.sizes[place][1] + PORT - HEIGHT) / 2 if place < self.count else PORT / 2

    def reach(self, place: int) -> float:
        """The pixels across from the middle of a place to the end of the last name that stands there."""
        if not self.upright or place not in self.names:
            return 0.0
        return self.offset(place, len(self.names[place]) - 1, True) + self.names[place][-1]

    def distance(self, first: int, second: int) -> float:
        """The least pixels across between two neighbours in a layer."""
        rooms = sum(ROOM for place in (first, second) if place < self.count)
        return max(
            self.half(first) + self.half(second) + rooms, self.reach(first) + ROOM - self.offset(second, 0, True)
        )

    def edges(self, place: int) -> tuple[float, float]:
        """The pixels across from the middle of a place to its first and its last edge."""
        return self.half(place), max(self.half(place), self.reach(place))

    def extent(self, layer: Sequence[int]) -> tuple[float, float, float]:
        """The pixels across that a layer takes at least: before its first middle, to its last middle, and behind."""
        if not layer:
            return 0.0, PORT, 0.0
        return self.edges(layer[0])[0] + 4, sum(starmap(self.distance, pairwise(layer))), self.edges(layer[-1])[1] + 4

    def narrow_lanes(self) -> dict[int, float]:
        """The middle of each place where each layer is as narrow as it can be, and lies in the middle of all."""
        middles: dict[int, float] = {}
        for layer in self.layering.layers:
            before, between, behind = self.extent(layer)
            first = (before - between - behind) / 2
            steps = accumulate(starmap(self.distance, pairwise(layer)), initial=first)
            middles.update(zip(layer, steps, strict=False))
        return middles

    def zone(self, place: int) -> float:
        """The pixels along behind a place for the names of the wires that begin there."""
        names = self.names.get(place)
        return 0.0 if not names else LEAST if self.upright else max(LEAST, 5 + max(names))

    def before_name(self, wire: int) -> float:
        """The pixels from the start of a wire, or from its side where it runs down, to its name."""
        return BESIDE if self.upright else 5 + MARK * (self.is_drawn(wire) + self.is_stopped(wire))

    def is_drawn(self, wire: int) -> bool:
        """Whether a wire is the output of a kernel that feeds a box."""
        place, _ = self.starts[wire]
        return place < self.count and not is_deterministic(self.graph.boxes[place]) and wire in self.fed

    def is_stopped(self, wire: int) -> bool:
        """Whether a wire is an output of a box that passes no gradient."""
        place, _ = self.starts[wire]
        return place < self.count and self.looks[place].stopped
