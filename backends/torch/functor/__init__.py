"""Functor: objects as spaces of tensors, boxes as modules."""
