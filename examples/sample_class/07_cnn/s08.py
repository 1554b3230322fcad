"""
base = "stub"
why = "Handed in as it was fetched: zero, and every exercise is called left blank."
rest = "zero"

[expected]
"""
