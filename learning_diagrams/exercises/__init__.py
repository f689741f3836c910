"""Exercises: a statement, a right answer, and the grading of all other answers."""
