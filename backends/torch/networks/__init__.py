"""Networks that are written elsewhere, as diagrams with a box a layer, and the functor that sends boxes to layers."""
