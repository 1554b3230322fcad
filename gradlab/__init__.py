"""GradLab: a deep-learning course that grades itself, on top of nbgrader."""

__version__ = "0.1.0"
