"""Tests of the software. Every random test prints its seed (hypothesis does, on failure)."""

import os
import sys
from pathlib import Path

# nbgrader runs `alembic` from the PATH; tests also run from an environment that is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
