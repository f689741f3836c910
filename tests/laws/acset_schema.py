"""Our schemas of C-sets as schemas of the package `acsets`."""

import warnings

with warnings.catch_warnings(action="ignore"):  # acsets 0.0.2 speaks to pydantic as to its first version
    from acsets import ACSet as ACSet
    from acsets import Attr, AttrType, Hom, Ob, Schema


def their_schema(schema):
    """The schema that `acsets` makes of the one that we write for Catlab."""
    parts = schema.catlab()
    makers = {"Ob": Ob, "Hom": Hom, "AttrType": AttrType, "Attr": Attr}
    return Schema("Theirs", *([make(**part) for part in parts[key]] for key, make in makers.items()))
