#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Decodes pictures by Python's own zlib and XML parser: decode.py FILE...

A PNG must hold what FILE.raw holds, where that file is there; an SVG must be well-formed. Exits 1 with a sentence."""

import pathlib
import struct
import sys
import xml.etree.ElementTree
import zlib


def png(path):
    """(width, height, channels, samples) of an 8-bit PNG without row filters, every check made."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "it does not begin as a PNG"
    at, chunks = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (check,) = struct.unpack_from(">I", data, at + 8 + length)
        assert check == zlib.crc32(kind + body), f"the check sum of {kind} is wrong"
        chunks.append((kind, body))
        at += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"], "its chunks are not IHDR, IDAT, IEND"
    width, height, depth, colour, *defaults = struct.unpack(">IIBBBBB", chunks[0][1])
    assert depth == 8 and colour in (0, 2) and defaults == [0, 0, 0], "its header is not the one expected"
    channels = 3 if colour == 2 else 1
    raw = zlib.decompress(chunks[1][1])  # checks Adler-32 too
    row = width * channels + 1
    assert len(raw) == row * height, f"it holds {len(raw)} bytes, its header says {row * height}"
    assert all(raw[y * row] == 0 for y in range(height)), "a row is filtered"
    return width, height, channels, b"".join(raw[y * row + 1 : (y + 1) * row] for y in range(height))


def main():
    for name in sys.argv[1:]:
        path = pathlib.Path(name)
        try:
            if path.suffix == ".svg":
                root = xml.etree.ElementTree.parse(path).getroot()
                assert root.tag == "{http://www.w3.org/2000/svg}svg", "its root is no svg"
                text = path.read_text()
                assert "nan" not in text and "inf" not in text, "it holds a number that is none"
            else:
                width, height, channels, samples = png(path)
                raw = path.with_suffix(".raw")
                if raw.exists():
                    assert samples == raw.read_bytes(), "it decodes to other samples"
                print(f"{name}: {width} x {height}, {channels} channels")
        except (AssertionError, ValueError, struct.error, zlib.error, xml.etree.ElementTree.ParseError) as error:
            sys.exit(f"{name}: {error}")


main()
