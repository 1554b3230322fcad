"""
tries = "Names functions and classes so, prints and comments so, that a page might take it for markup."
score = 4
"""

# %%
# </pre></div><script>pwned(1)</script><img src=x onerror=pwned(2)>
print("</pre><script>pwned(3)</script>", "\x1b]8;;javascript:pwned(4)\x07x\x1b]8;;\x07", "\x1b[31m<b onclick=pwned(5)>")


# %%
class Shown:
    def __repr__(self):
        return "<img src=x onerror=pwned(6)>"

    def _repr_html_(self):
        return "<img src=x onerror=pwned(7)>"

    def _repr_markdown_(self):
        return "![x](//evil.example/x.png)"

    def _repr_mimebundle_(self, **_):
        return {"text/html": "<script>pwned(8)</script>", "<img src=x onerror=pwned(9)>": "x"}


Shown()

# %%
raise type("Error</pre><script>pwned(10)</script>", (Exception,), {})("<img src=x onerror=pwned(11)>")
