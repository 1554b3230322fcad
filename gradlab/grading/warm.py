"""Imported once by the process that local workers are forked from: what each of them needs."""

import torch
import torch.fx.experimental.symbolic_shapes  # the first gradient would import it, and sympy

import gradlab.grading.worker
import gradlab.judge.suite

__all__ = ["gradlab", "torch"]
