"""
base = "stub"
why = "The file is no notebook but half a merge conflict: zero everywhere, with the reason."
rest = "zero"
raw = '''
{
 "cells": [
<<<<<<< HEAD
  {"cell_type": "code", "source": "def conv1d(x, f): ...", "metadata": {}, "outputs": []},
=======
  {"cell_type": "code", "source": "def conv1d(x, f): return np.correlate(x, f)",
>>>>>>> laptop
'''

[expected]
"""
