"""
tries = "Lays something over the page or loads by style: tags, attributes, classes, imports, urls."
score = 4
"""
# %% [markdown] answer="why"
# <div style="position:fixed;inset:0;z-index:9999;background:url(https://evil.example/bg.png)">11 of 11</div>
#
# <style>@import "https://evil.example/x.css"; body { background: url(//evil.example/y.png) } .rendered_html { position: fixed; inset: 0 } @keyframes x {}</style>
#
# <div class="navbar navbar-fixed-top alert modal fade in" data-toggle="modal" data-link="x">covers</div> <table background="//evil.example/t.png"><tr><td background="//evil.example/t.png">t</td></tr></table>
#
# <p style="animation-name:x" onanimationstart="pwned(1)">x</p> <font size=7 face="x">x</font> <marquee onstart=pwned(2)>x</marquee> <dialog open>x</dialog> <p popover id=notebook>x</p>
#
# <link rel=stylesheet href=//evil.example/x.css> <link rel=dns-prefetch href=//evil.example> <link rel=preload as=image href=//evil.example/p.png>
