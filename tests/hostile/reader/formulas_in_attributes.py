r"""
tries = "Lets a formula fall into an attribute of unfinished HTML, where MathML's quotes would end it."
score = 4
"""
# %% [markdown] answer="why"
# <p title="
#
# $\text{" onmouseover="pwned(1)" x="}$ and $a$
#
# "> text </p> ![$x$ " onerror="pwned(2)](x.png "$y$ onerror=pwned(3)") <img alt="
#
# $$\text{"><script>pwned(4)</script>}$$
#
# "> [$z$](https://evil.example/$z$ "$z$")
