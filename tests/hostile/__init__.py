"""Hostile and damaged submissions, graded as a class; `attempts.py` says how to add one."""
