"""
tries = "Shows a picture whose base64 text goes on with markup, which decoders skip."
score = 4
absent = ["alert(document.domain)"]
"""

# %%
from IPython.display import display

png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
markup = '"><img src=x onerror=alert(document' + ".domain)>"
display({"image/png": png + markup, "text/plain": "a picture"}, raw=True)
display({"image/jpeg": "/9j/" + markup, "text/plain": "another"}, raw=True)
