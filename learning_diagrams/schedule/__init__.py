"""Schedules: numbers that move with the steps of training, in place of a fixed weight, option or decay."""

from learning_diagrams.schedule.schedule import Schedule, cosine, linear, piecewise

__all__ = ["Schedule", "cosine", "linear", "piecewise"]
