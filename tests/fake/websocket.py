"""Just enough of RFC 6455, on the server's side, for pods/exec."""

import base64
import hashlib
import struct

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def frame(payload, opcode=2):
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
    return head + payload


def read_frame(stream):
    """(opcode, payload), or None at the end of the stream.  Clients must mask."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    opcode, size = head[0] & 15, head[1] & 127
    if not head[1] & 128:
        raise ValueError("a client frame is not masked")
    if size == 126:
        size = struct.unpack("!H", stream.read(2))[0]
    elif size == 127:
        size = struct.unpack("!Q", stream.read(8))[0]
    mask = stream.read(4)
    payload = stream.read(size)
    return opcode, bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
