"""
tries = "Writes links that run something or tell somebody that the answer was read."
score = 4
"""
# %% [markdown] answer="why"
# [click](javascript:alert(1)) [click](JaVaScRiPt&colon;alert(1)) [x](data:text/html,<script>1</script>)
#
# ![seen](https://evil.example/pixel.png) <img src="//evil.example/pixel.png"> <a href="vbscript:x">v</a>
#
# $\href{javascript:alert(1)}{E=mc^2}$ $\style{position:fixed}{x}$ $$\unicode{x3c}script>$$
#
# ![a" onerror="alert(1)](x.png) <a href='x' style='position:fixed;top:0'>over everything</a>
#
# <style>body { display: none }</style> <link rel=stylesheet href="//evil.example/x.css">
