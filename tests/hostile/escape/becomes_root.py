"""
tries = "Uses set-uid programs and asks the system for another user, new groups and capabilities."
absent = ["got root"]
"""

# %%
import os
import subprocess

for folder in os.environ["PATH"].split(":") + ["/bin", "/sbin", "/usr/sbin", "/usr/local/bin"]:
    for name in ("su", "sudo", "mount", "bwrap", "passwd", "newgrp", "sh"):
        try:
            done = subprocess.run([f"{folder}/{name}", "--help"], capture_output=True, timeout=1)
            print(name, done.returncode)
        except OSError as error:
            print(error)
for act in (lambda: os.setuid(0), lambda: os.setgroups([0]), lambda: os.chroot("/tmp")):
    try:
        act()
        print("got" + " root")
    except OSError as error:
        print(error)
print([line for line in open("/proc/self/status") if line.startswith("CapEff")])


# %% exercise="row_norms"
def row_norms(x):
    return x
