"""What every Python plug-in of Vitrine does alike: hello, then an answer to every message.

A plug-in calls serve() with what it processes and a function that changes one picture or block in place. Needs Python 3.8
or newer and nothing but its standard library. The bytes are described in ../PROTOCOL.md.
"""

import struct
import sys

VIDEO = 1  # I420 pictures
AUDIO = 2  # 10 ms of stereo, 32-bit floats

_HELLO = struct.Struct("<4sHH4sI")  # magic, version, kind, format, rate
_HEADER = struct.Struct("<IIQqII")  # kind, length, sequence, pts, width, height


def serve(kind, process):
    """Answer messages until the studio closes its end.

    process(payload, width, height) changes payload, a memoryview of bytes, in place. For pictures width and height are in
    pixels; for sound they are the samples a channel and the channels.
    """
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a forgotten print() must not get between the answers

    hello = bytearray(_HELLO.size)
    if not _fill(source, hello):
        sys.exit("start me from the studio")
    magic, version, asked, _, _ = _HELLO.unpack(hello)
    if (magic, version, asked) != (b"VPLG", 1, kind):
        sys.exit("the studio asks for something else than this plug-in does: %r" % bytes(hello))
    sink.write(hello)
    sink.flush()

    header, payload = bytearray(_HEADER.size), bytearray()
    while _fill(source, header):
        _, length, _, _, width, height = _HEADER.unpack(header)
        if len(payload) != length:
            payload = bytearray(length)
        if not _fill(source, payload):
            break
        process(memoryview(payload), width, height)
        sink.write(header)
        sink.write(payload)
        sink.flush()


def _fill(source, buffer):
    """Read until buffer is full. False at the end of the input."""
    view, done = memoryview(buffer), 0
    while done < len(view):
        n = source.readinto(view[done:])
        if not n:
            return False
        done += n
    return True
