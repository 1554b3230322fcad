"""
tries = "Leaves a start-up file for the kernel that is started when this one has died."
absent = ["POISONED KERNEL"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    from pathlib import Path

    text = "print('POISONED' + ' KERNEL')\nimport os\nos._exit(3)\n"
    for place in (Path.home() / ".ipython", Path("/tmp/ipython")):
        folder = place / "profile_default" / "startup"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "00-first.py").write_text(text)
        (place / "profile_default" / "ipython_config.py").write_text(text)
    (Path.home() / "usercustomize.py").write_text(text)
    os._exit(0)
