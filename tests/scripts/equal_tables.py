#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is computed while a program is compiled (plans, tables of steps, numbers of kernels) is computed by the compiler,
and a compiler may err: the constants that g++ and clang++ write into an object of the same program must be the same bytes.
ASHLAR_ALL_COMPILERS=1: for more programs than LeNet's training.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
COMPILERS = (("g++", "-fconstexpr-ops-limit=1000000000"), ("clang++", "-fconstexpr-steps=1000000000"))


def constants_of(object_file):
    """The bytes of each constant of Ashlar's, by its linker's name; addresses in it are zeros before it is linked."""
    def lines(flag):
        return subprocess.run(["readelf", "-W", flag, object_file], capture_output=True, text=True, check=True).stdout

    sections = {}
    for m in re.finditer(r"^\s*\[\s*(\d+)\]\s+(\S+)\s+PROGBITS\s+\S+\s+(\S+)", lines("-S"), re.MULTILINE):
        sections[int(m[1])] = (m[2], int(m[3], 16))
    with open(object_file, "rb") as file:
        content = file.read()
    constants = {}
    for line in lines("-s").splitlines():
        part = line.split()
        if len(part) < 8 or part[3] != "OBJECT" or "ashlar" not in part[7] or not part[6].isdigit():
            continue
        section, start = sections.get(int(part[6]), ("", 0))
        if section.startswith((".rodata", ".data.rel.ro")):
            begin = start + int(part[1], 16)
            constants[part[7]] = content[begin : begin + int(part[2], 0)]
    return constants


def different(one, other):
    """The names that both have and whose bytes differ."""
    return sorted(name for name in one.keys() & other.keys() if one[name] != other[name])


def faults_of(source, folder):
    """What is wrong with the constants of a program, a line each; says how many there are."""
    jobs = []
    for compiler, budget in COMPILERS:
        line = [compiler, "-std=c++20", "-O0", budget, "-I", f"{ROOT}/include", "-c", "-o", f"{folder}/{compiler}.o"]
        jobs.append(subprocess.Popen([*line, f"{ROOT}/{source}"]))
    if any([job.wait() for job in jobs]):
        return [f"{source}: a compiler failed"]
    first, second = (constants_of(f"{folder}/{compiler}.o") for compiler, _ in COMPILERS)
    tables = [name for name in first.keys() & second.keys() if name.endswith("tablesE")]
    if not tables:
        return [f"{source}: no tables were found in both objects"]
    for name in tables:  # what could not be found would not be a test
        for at in (0, len(first[name]) // 2, len(first[name]) - 1):
            wrong = bytearray(second[name])
            wrong[at] ^= 1
            if name not in different({**second, name: bytes(wrong)}, second):
                return [f"{source}: a wrong byte {at} in {name} is not found"]
    print(f"{source}: {len(first.keys() & second.keys())} constants, {len(tables)} of them tables of programs")
    faults = []
    for name in different(first, second):
        one, other = first[name], second[name]
        at = next((i for i, pair in enumerate(zip(one, other)) if pair[0] != pair[1]), min(len(one), len(other)))
        faults.append(f"{source}: byte {at} of {len(one)} (g++) and {len(other)} (clang++) of {name}")
    return faults


def main():
    if shutil.which("clang++") is None:
        print("skipped: equal_tables: there is no clang++")
        return 77
    sources = ["bench/compile/lenet.cpp"]
    if os.environ.get("ASHLAR_ALL_COMPILERS", "0") == "1":
        sources += ["tests/user_program.cpp", "bench/compile/gpt12.cpp", "bench/compile/resnet50.cpp"]
    with tempfile.TemporaryDirectory() as folder:
        faults = [fault for source in sources for fault in faults_of(source, folder)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
