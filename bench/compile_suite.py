# SPDX-License-Identifier: MIT
"""The suite `compile` of bench/run: what the compiler takes for one translation unit each."""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
COMPILER = os.environ.get("CXX", "g++")
RUNS = int(os.environ.get("RUNS", "3"))
FLAGS = ["-std=c++20", "-O3", "-I", str(ROOT / "include")]

NVCC = "-nvcc"  # ends the name of a unit that nvcc compiles, with the device policy
NVCC_FLAGS = ["-std=c++20", "-O3", "-I", str(ROOT / "include"), "-x", "cu"]

# unit: the most seconds and megabytes it may take, and peers' programs of its kind, measured once on another machine
UNITS = {
    "header": (1.0, None, {}),
    "mlp": (3, 300, {"tiny-dnn": "MNIST 71 s, 1.4 GB"}),
    "lenet": (8, 500, {"dlib": "26.5 s, 742 MB"}),
    "vgg16": (20, 1000, {"dlib": "ResNet-34 87 s, 2.6 GB"}),
    "gpt12": (20, 1000, {"RL-tools": "SAC 23 s"}),
    "gpt24": (20, 1000, {"RL-tools": "SAC 23 s"}),
    "resnet50": (25, 1000, {"dlib": "ResNet-34 87 s, 2.6 GB"}),
    "relearn": (5, None, {}),
    "mlp-infer-size": (None, None, {}),
    "lenet-nvcc": (45, None, {}),
    "vgg16-nvcc": (90, None, {}),
    "gpt12-nvcc": (90, None, {}),
}

# units that are whole programs, linked and stripped: their flags, and what they are given if their first run counts too
PROGRAMS = {
    "relearn": (["-std=c++20", "-O1", "-I", str(ROOT / "include"), "-pthread", "-s"],
                [str(ROOT / "examples" / "data" / "digits.csv")]),
    "mlp-infer-size": ([*FLAGS, "-pthread", "-s"], None),
}
MOST_KILOBYTES = {"mlp-infer-size": 100}


def nvcc():
    """The path of nvcc, or None."""
    return shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")


def command_of(unit):
    if unit in PROGRAMS:
        return [COMPILER, *PROGRAMS[unit][0]]
    return [nvcc(), *NVCC_FLAGS] if unit.endswith(NVCC) else [COMPILER, *FLAGS]


def measure_once(unit, source, output):
    """(seconds, peak megabytes of the largest process, kilobytes of the object or program), or the first words of what
    went wrong; the seconds of a program that is given something end when it has run."""
    is_program, arguments = unit in PROGRAMS, PROGRAMS.get(unit, (None, None))[1]
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        command = [*command_of(unit), *([] if is_program else ["-c"]), "-o", output, source]
        child = subprocess.Popen(command, stdout=errors, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)  # ru_maxrss: of the largest of the driver and its children
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            return "\n".join(errors.read().decode(errors="replace").splitlines()[:8])
    if arguments is not None:
        if subprocess.run([output, *arguments]).returncode != 0:
            return "the program failed"
        seconds = time.perf_counter() - start
    return seconds, usage.ru_maxrss * 1024 / 1e6, os.path.getsize(output) / 1e3


def standard_headers_of(source):
    """The text of a unit with just those headers that Ashlar's headers include from elsewhere, in the same order."""
    listing = subprocess.run([COMPILER, *FLAGS, "-E", "-H", "-o", os.devnull, source], capture_output=True, text=True)
    ours = str(ROOT / "include") + os.sep
    parents, wanted = [True], []  # whether the file at each depth is ours
    for line in listing.stderr.splitlines():
        dots, _, name = line.partition(" ")
        if not dots or dots.strip("."):
            continue
        depth = len(dots)
        del parents[depth:]
        is_ours = os.path.normpath(name).startswith(ours)
        if parents[depth - 1] and not is_ours:
            wanted.append(name)
        parents.append(is_ours)
    return "".join(f'#include "{name}"\n' for name in wanted)


def measure(selected, _):
    units = {path.stem: path for path in sorted((ROOT / "bench" / "compile").glob("*.cpp"))}
    if nvcc():
        units |= {unit: units[unit.removesuffix(NVCC)] for unit in UNITS if unit.endswith(NVCC)}
    elif not selected:
        print("skipped: nvcc: there is no CUDA toolkit here")
    order = [unit for unit in UNITS if unit in units] + [unit for unit in units if unit not in UNITS]
    unknown = [unit for unit in selected or [] if unit not in units]
    if unknown:
        sys.exit(f"bench/run: there is no unit {', '.join(unknown)}; there are {', '.join(order)}")
    order = [unit for unit in order if not selected or unit in selected]

    samples, broken = {unit: [] for unit in order}, {}
    with tempfile.TemporaryDirectory() as folder:
        sources = {unit: units[unit] for unit in order}
        if "header" in sources:
            baseline = pathlib.Path(folder) / "standard_headers.cpp"
            baseline.write_text(standard_headers_of(units["header"]))
            sources["(standard headers)"] = baseline
            samples["(standard headers)"] = []
        output = str(pathlib.Path(folder) / "unit.o")
        for unit, source in list(sources.items())[:1]:
            measure_once(unit, source, output)  # warms the file cache
        for run in range(RUNS):
            for unit, source in sources.items():
                if unit in broken:
                    continue
                if sys.stderr.isatty():
                    print(f"\r{run + 1}/{RUNS} {unit:24}", end="", file=sys.stderr, flush=True)
                result = measure_once(unit, source, output)
                if isinstance(result, str):
                    broken[unit] = result
                else:
                    samples[unit].append(result)
        if sys.stderr.isatty():
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr)

    version = subprocess.run([COMPILER, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    print(f"{version}; {COMPILER} -std=c++20 -O3 -I include -c; medians of {RUNS}")
    if any(unit in PROGRAMS for unit in order):
        print("relearn: built with -O1 and linked, its first step done; mlp-infer-size: linked with -O3, stripped")
    if any(unit.endswith(NVCC) for unit in order):
        version = subprocess.run([nvcc(), "--version"], capture_output=True, text=True).stdout.splitlines()[-1]
        print(f"nvcc: {version}; nvcc -std=c++20 -O3 -I include -x cu -c")
    print()
    print(f"{'unit':16}{'seconds':>9}{'goal':>7}{'peak MB':>10}{'goal':>8}{'object KB':>11}{'goal':>7}  peers, measured once on another machine")
    entries = []
    for unit in order:
        goal_seconds, goal_megabytes, peers = UNITS.get(unit, (None, None, {}))
        if unit in broken:
            print(f"{unit:16}does not compile:\n{broken[unit]}")
            continue
        seconds, megabytes, kilobytes = (statistics.median(column) for column in zip(*samples[unit]))
        note = ", ".join(f"{name} {figures}" for name, figures in peers.items())
        if unit == "header":
            whole, standard = seconds, statistics.median(run[0] for run in samples["(standard headers)"])
            seconds = whole - standard
            note = f"{whole:.2f} s in all, {standard:.2f} s of them the standard headers"

        def goal(value, limit):
            return "" if limit is None else f"{limit:g}{' !' if value > limit else ''}"

        print(f"{unit:16}{seconds:9.2f}{goal(seconds, goal_seconds):>7}{megabytes:10.0f}"
              f"{goal(megabytes, goal_megabytes):>8}{kilobytes:11.1f}"
              f"{goal(kilobytes, MOST_KILOBYTES.get(unit)):>7}  {note}")
        for metric, value in ("seconds", seconds), ("peak_megabytes", megabytes), ("object_kilobytes", kilobytes):
            entries.append({"workload": unit, "threads": 1, "metric": metric, "ours": round(value, 3),
                            "peers": dict.fromkeys(peers), "limit_fraction": None})
    print("\n'!' marks a goal that is missed.")
    return entries, bool(broken)
