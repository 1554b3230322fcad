"""What a student's notebook imports: visible checks, numerical gradients, data sets, plot style.

Nothing here is secret and nothing here decides a grade. Only NumPy is imported at once; matplotlib
when ``plot_style`` is called.
"""

from gradlab.lab import data
from gradlab.lab._compare import CheckError
from gradlab.lab.checks import check_close, check_raises, check_shape, check_true
from gradlab.lab.gradients import check_gradient, numerical_gradient
from gradlab.lab.plots import plot_style

__all__ = [
    "CheckError",
    "check_close",
    "check_gradient",
    "check_raises",
    "check_shape",
    "check_true",
    "data",
    "numerical_gradient",
    "plot_style",
]
