r"""
tries = "Writes macros that double each other thirty times, and formulas nested a thousand deep."
score = 4
"""
# %%
NOTHING = None

# %% [markdown] answer="why"
# $$\def\a{xxxxxxxx}\def\b{\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b}\def\d{\c\c\c\c\c\c\c\c}\def\e{\d\d\d\d\d\d\d\d}\def\f{\e\e\e\e\e\e\e\e}\def\g{\f\f\f\f\f\f\f\f}\def\h{\g\g\g\g\g\g\g\g}\h\h\h\h\h\h\h\h$$
#
# $x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{x^{$ $\frac\frac\frac\frac$ $\begin{matrix}\begin{matrix}$ $x_x_x_x$
