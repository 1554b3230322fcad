"""
tries = "Connects to the internet, to the machine's own services and to its metadata service."
absent = ["got out"]
"""

# %%
import socket

for host, port in (
    ("1.1.1.1", 53),
    ("127.0.0.1", 22),
    ("127.0.0.1", 8888),
    ("169.254.169.254", 80),
    ("10.0.0.1", 80),
):
    try:
        socket.create_connection((host, port), 0.2)
        print("got" + " out", host)
    except OSError as error:
        print(error)
for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
    try:
        socket.socket(socket.AF_INET, kind).sendto(b"x", ("8.8.8.8", 53))
        print("got" + " out by", kind)
    except OSError as error:
        print(error)


# %% exercise="row_norms"
def row_norms(x):
    return x
