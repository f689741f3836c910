"""Functor: objects as spaces of tensors, boxes as modules that may be frozen, averaged or drawn from."""
