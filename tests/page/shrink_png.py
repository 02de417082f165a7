#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""shrink_png.py FROM TO: a screenshot as a PNG with at most 256 colours, a third of its size."""
import struct
import sys
import zlib
from collections import Counter


def read_png(path):
    """Width, height and the pixels as bytes, 3 each; of an 8 bit image that is not interlaced."""
    data = open(path, "rb").read()
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    assert depth == 8 and kind in (2, 6) and not interlaced, path
    size = 3 if kind == 2 else 4
    packed, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    raw, row, pixels = zlib.decompress(packed), bytearray(width * size), bytearray()
    for start in range(0, len(raw), width * size + 1):
        method, line = raw[start], bytearray(raw[start + 1 : start + 1 + width * size])
        for index in range(len(line)):
            left = line[index - size] if index >= size else 0
            corner = row[index - size] if index >= size else 0
            above = row[index]
            if method == 1:
                line[index] = (line[index] + left) & 255
            elif method == 2:
                line[index] = (line[index] + above) & 255
            elif method == 3:
                line[index] = (line[index] + (left + above) // 2) & 255
            elif method == 4:
                guess = left + above - corner
                line[index] = (line[index] + min((left, above, corner), key=lambda one: abs(guess - one))) & 255
        row = line
        pixels += line if size == 3 else bytes(value for index, value in enumerate(line) if index % 4 != 3)
    return width, height, bytes(pixels)


def main(source, target):
    width, height, pixels = read_png(source)
    colours = [pixels[at : at + 3] for at in range(0, len(pixels), 3)]
    palette = [colour for colour, _ in Counter(colours).most_common(255)]
    nearest = {colour: index for index, colour in enumerate(palette)}
    for colour in set(colours) - nearest.keys():
        nearest[colour] = min(range(len(palette)), key=lambda index: sum((a - b) ** 2 for a, b in zip(palette[index], colour)))
    rows = b"".join(b"\0" + bytes(nearest[colour] for colour in colours[at : at + width]) for at in range(0, len(colours), width))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    with open(target, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)))
        file.write(chunk(b"PLTE", b"".join(palette)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


main(*sys.argv[1:])
