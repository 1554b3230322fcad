"""
tries = "Writes links of every scheme that a browser follows, hidden as entities, blanks and references."
score = 4
"""
# %% [markdown] answer="why"
# [1](javascript:pwned(1)) [2](<java	script:pwned(2)>) [3](&#106;avascript:pwned(3)) [4](\x01javascript:pwned(4)) [5](vbscript:pwned(5)) [6](data:text/html,<script>pwned(6)</script>) [7][r] <javascript:pwned(7)> [8](file:///etc/passwd) [9](blob:x)
#
# [r]: javascript:pwned(8)
#
# <a href="java&#10;script:pwned(10)">x</a> <a href=" javascript:pwned(11)">x</a> <a href="#" onclick="pwned(12)">x</a> <a href="#" ping="//evil.example/ping">x</a> <a href="#top" target=_blank>x</a> <a xlink:href="javascript:pwned(13)">x</a>
#
# <map name=m><area href="javascript:pwned(14)" shape=default></map><img usemap=#m src=x.png> <a name=MathJax id=base_url>x</a> <img name=body src=x.png> <details ontoggle=pwned(15) open><summary onclick=pwned(16)>x</summary></details>
#
# ![tracker](https://evil.example/pixel.png) ![tracker][t] ![x](attachment:nothing.png) <https://evil.example/> www.evil.example
#
# [t]: //evil.example/pixel.png "title"
