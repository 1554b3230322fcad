"""
tries = "Connects to every Unix socket it can find, in files and in the abstract namespace."
absent = ["got out"]
"""

# %%
import os
import socket
import stat

names = [line.split()[-1] for line in open("/proc/net/unix") if "@" in line or "/" in line]
names += ["/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket"]
for folder in ("/tmp", "/run", "/var/run", "/dev", os.path.expanduser("~")):
    for place, _, files in os.walk(folder):
        names += [os.path.join(place, name) for name in files]
for name in names:
    try:
        if name.startswith("@") or stat.S_ISSOCK(os.stat(name).st_mode):
            socket.socket(socket.AF_UNIX).connect(name.replace("@", "\0", 1))
            print("got" + " out", name)
    except (OSError, ValueError):
        pass


# %% exercise="row_norms"
def row_norms(x):
    return x
