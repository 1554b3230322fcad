"""
tries = "Shows a picture of a few bytes that says it is 100,000 pixels wide and high."
score = 4
absent = ['"image/png":']
"""

# %%
import base64
import struct
import zlib

from IPython.display import display


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


header = struct.pack(">IIBBBBB", 100_000, 100_000, 1, 0, 0, 0, 0)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")
display({"image/" + "png": base64.b64encode(png).decode(), "text/plain": "big"}, raw=True)
