"""
tries = "Shows HTML, SVG, JavaScript and a widget in its cells' outputs."
score = 4
absent = ["evil.example"]
"""

# %%
from IPython.display import display

HOST = "evil" + ".example"
display(
    {
        "text/html": f"<script src='//{HOST}/x.js'></script><img src=x onerror=alert(1)>",
        "image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'><a href='//{HOST}'/></svg>",
        "application/javascript": f"fetch('//{HOST}')",
        "text/latex": rf"$\href{{//{HOST}}}{{x}}$",
        "text/markdown": f"![x](//{HOST}/x.png)",
        "application/vnd.jupyter.widget-view+json": {"model_id": HOST},
        "text/plain": "nothing to see",
    },
    raw=True,
)
