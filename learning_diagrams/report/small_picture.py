"""Small pictures as PNG, for pages that hold all that they show.

>>> png(bytes([0, 255]), 1, 2, 1)[:4]
b'\\x89PNG'
>>> data_uri(b"a")
'data:image/png;base64,YQ=='
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode


def png(pixels: bytes, height: int, width: int, channels: int) -> bytes:
    """A PNG of height × width × channels bytes, grey for one channel, red, green and blue for three."""
    across = width * channels
    rows = b"".join(b"\0" + pixels[i * across : (i + 1) * across] for i in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, content) for name, content in ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    )


def data_uri(content: bytes) -> str:
    """A PNG as an address that holds it."""
    return f"data:image/png;base64,{b64encode(content).decode()}"


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
