"""
base = "solution"
why = "Everything right, as in the model solution: full marks and no remark."
rest = "full"

[expected]
"""
