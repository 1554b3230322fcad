r"""
tries = "Writes formulas whose text is markup, that link, carry styles, or name events."
score = 4
"""
# %% [markdown] answer="why"
# $\text{<script>pwned("text")</script>}$ $\text{<img src=x onerror=pwned("image")>}$ $\text{&lt;script>pwned("entity")&lt;/script>}$
#
# $$\href{javascript:pwned("href")}{E = mc^2}$$ $\style{position:fixed;top:0;left:0;width:100%}{x}$ $\class{btn navbar-fixed-top}{x}$
#
# $\color{red" onmouseover="pwned('color')}{x}$ $\mathrm{</mi></math><script>pwned("rm")</script>}$ $\unicode{x3c}script\unicode{x3e}$
#
# \begin{equation}<svg onload=pwned("environment")>\end{equation} $\hspace{1em" onclick="pwned(1)}$ $\rule{9999em}{9999em}$
#
# $$\require{html}\cssId{notebook}{x}\data{x="y"}\mmlToken{mi}[href="javascript:pwned(1)"]{x}$$ $\includegraphics{https://evil.example/x.png}$
