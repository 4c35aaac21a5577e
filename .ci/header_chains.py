#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""header_chains.py INCLUDE HEADER...: the headers in chains, one a line, each of which is read before the declarations of
the next one anyway, since that includes it, itself or through others, whatever the configuration. A unit that includes
a chain's headers in their order so proves of each that it compiles alone: nothing stands before it that it does not ask
for. What the headers of a chain share is read once, not once for each of them."""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
headers = sys.argv[2:]
sys.setrecursionlimit(10000)


def includes(header):
    """The library's headers that this one includes, and of these the ones above its declarations and under no #if."""
    everywhere, at_first = set(), set()
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", (root / header).read_text(), flags=re.DOTALL)
    depth, declared = 0, False
    for line in text.split("\n"):
        if match := re.match(r"\s*#\s*include\s*[<\"]([^>\"]+)[>\"]", line):
            if (root / match[1]).is_file():
                everywhere.add(match[1])
                if depth == 0 and not declared:
                    at_first.add(match[1])
        elif match := re.match(r"\s*#\s*(if|endif)", line):
            depth += 1 if match[1] == "if" else -1
        elif line.strip() and not line.lstrip().startswith("#"):
            declared = True
    return everywhere, at_first


direct = {}
waiting = list(headers)
while waiting:
    header = waiting.pop()
    if header not in direct:
        direct[header] = includes(header)
        waiting += direct[header][0]


def closure(header, which, found):
    for name in direct[header][which]:
        if name not in found:
            found.add(name)
            closure(name, which, found)
    return found


all_of = {header: closure(header, 0, set()) for header in direct}
before = {}  # of a header: what may stand before it, the largest first
for header in headers:
    names = {name for name in closure(header, 1, set()) if header not in all_of[name]}
    before[header] = sorted(names.intersection(headers), key=lambda name: (-len(all_of[name]), name))

# The fewest chains: a matching of headers with the next ones.
after = {}


def match(header, tried):
    for name in before[header]:
        if name not in tried:
            tried.add(name)
            if name not in after or match(after[name], tried):
                after[name] = header
                return True
    return False


later = {header for header in sorted(headers, key=lambda name: (len(all_of[name]), name)) if match(header, set())}
for header in headers:
    if header not in later:
        chain = [header]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        print(*chain)
