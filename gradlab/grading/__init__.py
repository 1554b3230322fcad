"""Grading submissions: nbgrader's steps, one notebook, a class."""
