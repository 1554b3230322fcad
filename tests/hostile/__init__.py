"""Hostile and damaged submissions, graded as a class; see README.md in this folder."""
