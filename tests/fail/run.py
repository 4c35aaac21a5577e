#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What must not compile:
run.py [--self-check] [--show] [--compilers g++,clang++/clang++-16,nvcc] [--every N] [--fewer-twins] [CASE.cpp or part
of its name ...]

A case is one file that begins like this, and whose mistake stands between `#ifdef ASHLAR_TWIN ... #else ... #endif`:

    // expect: linear<10>: the input must be flat
    // expect: \\[16, 6, 6\\]
    // expect clang: a regular expression for that compiler alone (g++, clang or nvcc)

Three things are asked of it under each compiler: it exits non-zero; every `expect` matches within the first ten lines
of what the compiler writes (a sentence may be broken over lines by the compiler, never by us); and its twin, the same
file with -DASHLAR_TWIN, compiles without a word. Twins are compiled many in one unit, each in a namespace of its own;
where such a unit is not silent each of them is asked alone. --show prints those ten lines.

nvcc's own front end (EDG, in its pass over host code) answers before g++, its host compiler, sees the mistake, so that
pass alone is run. It spells types its own way: of it only the first `expect`, which is the sentence, is asked, and what
`expect nvcc` says; its warnings about a twin do not count. It takes seconds for each file: --every 5 tries every
fifth case. Other compilers parse <ashlar/ashlar.hpp> once, into a precompiled header. Compilers with a / between them
take turns: each case is asked of one of them. --fewer-twins: each twin too is asked of one compiler, in turns, though its
case is asked of several: it is what other programs are that all of them compile; of nvcc every second twin is asked."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("ROOT", pathlib.Path(__file__).resolve().parents[2]))
COMPILERS = ["g++", "clang++", "clang++-16"]
FLAGS = ["-std=c++20", "-I", str(ROOT / "include")]
LINES = 10
TOGETHER = 12  # twins in a unit
EXPECT = re.compile(r"//\s*expect(?:\s+(g\+\+|clang|nvcc))?:\s*(.*\S)")
KINDS = ["clang", "nvcc", "g++"]  # what the name of a compiler contains, tried in turn


def expectations(case, compiler):
    """The patterns that the comments before the first line of code state for this compiler."""
    patterns = []
    for line in case.read_text().splitlines():
        if not line.startswith("//"):
            break
        match = EXPECT.match(line)
        kind = next((kind for kind in KINDS if kind in compiler), "g++")
        if match and (match[1] == kind or not match[1] and not (kind == "nvcc" and patterns)):
            patterns.append(match[2])
    return patterns


parsed = {}  # by compiler: the flags that make it read the umbrella's precompiled header


def parse_umbrella(compiler, folder):
    """Makes a compiler parse <ashlar/ashlar.hpp> once; what it says of a case stays the same, line by line."""
    header = folder / compiler / "parsed_before.hpp"
    header.parent.mkdir()
    header.write_text("#include <ashlar/ashlar.hpp>\n")
    output = header.with_suffix(".hpp.gch" if "clang" not in compiler else ".pch")
    subprocess.run([compiler, *FLAGS, "-x", "c++-header", str(header), "-o", str(output)], check=True)
    parsed[compiler] = ["-include", str(header)] if "clang" not in compiler else ["-include-pch", str(output)]


def compile_case(compiler, case, *flags):
    only_parse = ["-x", "cu", "-cuda", "-o", os.devnull] if "nvcc" in compiler else ["-fsyntax-only"]
    command = [compiler, *FLAGS, *only_parse, *parsed.get(compiler, []), *flags, str(case)]
    result = subprocess.run(command, text=True, capture_output=True, env={**os.environ, "LC_ALL": "C"})
    output = result.stderr + result.stdout
    if "clang" in compiler:  # it names one more file between a case and the umbrella
        output = re.sub(r"^In file included from .*parsed_before\.hpp:1:\n", "", output, flags=re.MULTILINE)
    return result.returncode, (output.replace("?", "`") if "nvcc" in compiler else output).splitlines()


def silent_twins(compiler, cases):
    """Those of these cases whose twins compile together without a word: all, or none that are known."""
    if "nvcc" in compiler:
        return set()
    text = "".join(f'namespace twin_{n} {{\n#include "{case}"\n}}\n' for n, case in enumerate(cases))
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "twins.cpp"
        unit.write_text("#include <ashlar/ashlar.hpp>\n" + text)
        status, lines = compile_case(compiler, unit, "-DASHLAR_TWIN")
    return set() if status or lines else set(cases)


def complaints(compiler, case, silent=()):
    """Sentences about what is wrong with a case, and the lines that the compiler began with; `silent`: twins that are
    good or not asked."""
    found = []
    patterns = expectations(case, compiler)
    if not patterns:
        found.append("it states no '// expect: ...' for this compiler")
    status, lines = compile_case(compiler, case)
    first = lines[:LINES]
    if status == 0:
        found.append("it compiles, and must not")
    elif status < 0 or any("internal compiler error" in line for line in lines):
        found.append("the compiler crashed")
    else:
        for pattern in patterns:
            if any(re.search(pattern, line) for line in first):
                continue
            late = next((n for n, line in enumerate(lines, 1) if re.search(pattern, line)), None)
            where = f"only in line {late}" if late else "nowhere in the output"
            found.append(f"'{pattern}' is not within the first {LINES} lines, {where}")
    status, lines = (0, []) if case in silent else compile_case(compiler, case, "-DASHLAR_TWIN")
    if status != 0:
        found.append("its twin does not compile:\n      " + "\n      ".join(lines[:LINES]))
    elif lines and "nvcc" not in compiler:
        found.append("its twin compiles with warnings:\n      " + "\n      ".join(lines[:LINES]))
    return found, first


def twins_asked(cases, groups, fewer):
    """Pairs of compilers and cases whose twins they are asked: of every group one, or of `fewer` one of all in turns."""
    turns, most = max(2, len(groups)), max(len(group) for group in groups)
    return {
        (group[n % len(group)], case)
        for n, case in enumerate(cases)
        for k, group in enumerate(groups)
        if not fewer or n // most % turns == k
    }


def check(cases, groups, show=False, fewer_twins=False):
    """Checks every case under one compiler of every group, two at a time; the number of pairs that failed."""
    pairs = [(group[n % len(group)], case) for n, case in enumerate(cases) for group in groups]
    with_twins = twins_asked(cases, groups, fewer_twins)
    units = []
    for compiler in dict.fromkeys(compiler for compiler, _ in pairs):
        asked = [case for name, case in pairs if name == compiler and (name, case) in with_twins]
        units += [(compiler, asked[k : k + TOGETHER]) for k in range(0, len(asked), TOGETHER)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        silent = {compiler: set() for compiler, _ in pairs}
        for compiler, case in set(pairs) - with_twins:
            silent[compiler].add(case)
        for (compiler, _), twins in zip(units, pool.map(lambda unit: silent_twins(*unit), units)):
            silent[compiler] |= twins
        judged = pool.map(lambda pair: complaints(*pair, silent[pair[0]]), pairs)
        for (compiler, case), (found, first) in zip(pairs, judged):
            print(f"{'FAILED' if found else 'ok':7}{compiler:11} {case.stem}", flush=True)
            failed += bool(found)
            for sentence in found:
                print(f"    {sentence}")
            if found or show:
                print("".join(f"    | {line}\n" for line in first), end="")
    return failed


def self_check(compilers):
    """Planted cases: a right one passes, and each way of being wrong is noticed."""
    must_be_flat = 'template <int Rank> constexpr void flat() { static_assert(Rank == 1, "put flatten before it"); }\n'
    mistake = "#ifdef ASHLAR_TWIN\nauto x = (flat<1>(), 0);\n#else\nauto x = (flat<3>(), 0);\n#endif\n"
    right = "// SPDX\n// expect: put flatten before it\n" + must_be_flat + mistake
    notes = "".join(f"#warning {n}\n" for n in range(LINES))
    planted = {
        "right": (right, None),
        "compiles": (right.replace("flat<3>", "flat<1>"), "it compiles"),
        "other_message": (right.replace('"put', '"set'), "nowhere in the output"),
        "no_expectation": (right.replace("// expect", "// hope"), "states no"),
        "late": (right.replace("template", notes + "template", 1), "only in line"),
        "bad_twin": (right.replace("flat<1>", "flat<2>"), "twin does not compile"),
        "loud_twin": (right + "#ifdef ASHLAR_TWIN\n#warning loud\n#endif\n", "twin compiles with warnings"),
        "other_compiler": (right.replace("expect:", "expect rust:"), "states no"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, (text, expected) in planted.items():
            case = pathlib.Path(folder) / f"{name}.cpp"
            case.write_text(text)
            for compiler in compilers:
                found, _ = complaints(compiler, case)
                if bool(found) != bool(expected) or (expected and not any(expected in each for each in found)):
                    sys.exit(f"tests/fail/run.py: planted case '{name}' under {compiler} gave {found}, not: {expected}")
        right, compiles, *bad = (pathlib.Path(folder) / f"{name}.cpp"
                                 for name in ("right", "compiles", "bad_twin", "loud_twin"))
        for compiler in (compiler for compiler in compilers if "nvcc" not in compiler):
            if silent_twins(compiler, [right, compiles]) != {right, compiles}:
                sys.exit(f"tests/fail/run.py: good twins are not silent together under {compiler}")
            for twin in bad:
                if silent_twins(compiler, [right, twin]):
                    sys.exit(f"tests/fail/run.py: '{twin.stem}' is not noticed among others under {compiler}")
    print(f"self-check: {len(planted)} planted cases judged rightly under {', '.join(compilers)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--self-check", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--fewer-twins", action="store_true")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--compilers", default=os.environ.get("COMPILERS", ",".join(COMPILERS)))
    options = parser.parse_args()

    named = [group.split("/") for group in options.compilers.replace(",", " ").split()]
    for compiler in sum(named, []):
        if not shutil.which(compiler):
            print(f"skipped: compile_errors/{compiler}: it is not installed")
    groups = [present for group in named if (present := [compiler for compiler in group if shutil.which(compiler)])]
    compilers = sum(groups, [])
    if not compilers:
        sys.exit(77)
    if options.self_check:
        self_check(compilers)

    everything = sorted(pathlib.Path(__file__).resolve().parent.glob("*.cpp"))
    cases = [case for case in everything if not options.cases or any(pathlib.Path(name).stem in case.stem for name in options.cases)]
    if options.cases and not cases:
        sys.exit(f"no case is named like {', '.join(options.cases)}")
    cases = cases[:: options.every]
    with tempfile.TemporaryDirectory() as folder:
        for compiler in compilers:
            if "nvcc" not in compiler:
                parse_umbrella(compiler, pathlib.Path(folder))
        failed = check(cases, groups, options.show, options.fewer_twins)
    asked = ", ".join(" or ".join(group) for group in groups)
    print(f"{len(cases)} cases under {asked}: {failed} failed")
    sys.exit(failed > 0)


main()
