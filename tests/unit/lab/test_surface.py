"""The public surface of gradlab.lab, and what importing it costs."""

import subprocess
import sys

import gradlab.lab


def test_all_lists_the_names_a_notebook_may_use():
    assert sorted(gradlab.lab.__all__) == [
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
    assert all(hasattr(gradlab.lab, name) for name in gradlab.lab.__all__)


def test_import_needs_only_numpy_and_the_standard_library():
    heavy = ("matplotlib", "IPython", "torch", "nbgrader", "pandas", "scipy", "sklearn")
    code = f"import sys, gradlab.lab; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_import_brings_no_other_layer_of_the_package():
    code = "import sys, gradlab.lab; print(*sorted(m for m in sys.modules if 'gradlab.' in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = [
        name
        for name in done.stdout.split()
        if not name.startswith("gradlab.lab") and name != "gradlab.errors"
    ]
    assert others == []


def test_a_check_error_is_an_assertion_error():
    assert issubclass(gradlab.lab.CheckError, AssertionError)
