"""A plug-in for sound: louder or quieter by the decibels given as its argument, -6 if none is.

    python3 gain.py 3
"""

import sys

import plugin

FACTOR = 10 ** (float(sys.argv[1] if len(sys.argv) > 1 else -6) / 20)


def gain(payload, _samples, _channels):
    block = payload.cast("f")  # little-endian, as every computer is that the studio runs on
    for i, sample in enumerate(block):
        block[i] = sample * FACTOR


plugin.serve(plugin.AUDIO, gain)
