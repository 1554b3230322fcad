"""Measured comparisons of GradLab with other graders; see README.md and `make bench`."""
