# SPDX-License-Identifier: MIT
"""The suite `cpu` of bench/run: the rows of cpu_rows.py beside those peers that are installed."""

import glob
import json
import os
import pathlib
import subprocess
import sys
import time

from cpu_rows import ROWS
from sides import (BUILT, COMPILER, ROOT, RUNS, compiled, compiler_version, disagreement, find_python, processor, started,
                   take_turns)

SECONDS = 0.5  # of each turn
CPU = ROOT / "bench" / "cpu"
FLAGS = ["-std=c++20", "-O3", "-pthread", "-fconstexpr-ops-limit=1000000000", "-I", str(ROOT / "include")]
if "clang" in COMPILER:
    FLAGS[3] = "-fconstexpr-steps=100000000"
NATIVE = ["-std=c++20", "-O3", "-march=native", "-pthread"]  # of peers in C++, and of the machine's limits

# Debian's PyTorch multiplies matrices by whatever BLAS is installed, and without one of these by loops of no speed.
FAST_TORCH = """
fast = torch.backends.mkl.is_available() or any(name in open("/proc/self/maps").read() for name in ("openblas", "blis"))
raise SystemExit(0 if fast else 3)
"""
# peers in Python: the script, its variant, what it needs
PYTHON_PEERS = {
    "PyTorch": ("torch", "eager", "torch"),
    "PyTorch channels_last": ("torch", "channels_last", "torch"),
    "PyTorch compiled": ("torch", "compiled", "torch.compile"),
    "JAX": ("jax", "jit", "jax"),
    "onnxruntime": ("onnx", "onnxruntime", "onnxruntime"),
    "OpenVINO": ("onnx", "openvino", "openvino"),
}
# peers in C++: a header that shows that they are installed, and how programs are compiled and linked with them
RL_TOOLS = str(BUILT / "peers" / "lib" / "python3*" / "site-packages" / "rltools" / "external" / "rl_tools" / "include")
NATIVE_PEERS = {
    "Eigen": ("Eigen/Dense", ["-fopenmp", "-I", "/usr/include/eigen3"]),
    "OpenBLAS": ("cblas.h", ["-lopenblas"]),
    "LIBXSMM": ("libxsmm.h", ["-lxsmm", "-lopenblas"]),
    "RL-tools": ("rl_tools/rl_tools.h", ["-Ofast", "-I", RL_TOOLS, "-lopenblas"]),  # which asks for -Ofast
    "oneDNN primitives": ("oneapi/dnnl/dnnl.hpp", ["-fopenmp", "-ldnnl"]),
}
PEERS = [*PYTHON_PEERS, *NATIVE_PEERS]
DIRECT = "ours, direct"  # without Winograd's algorithm


def instructions():
    try:
        flags = set(pathlib.Path("/proc/cpuinfo").read_text().split("flags", 1)[1].split("\n", 1)[0].split())
    except (OSError, IndexError):
        return ""
    return "avx512" if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags else "avx2" if "avx2" in flags else ""


def tuned(threads):
    """The environment in which a peer is as fast as it can be here: Debian's builds do not know new processors."""
    settings = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads),
                "JAX_PLATFORMS": "cpu"}
    best = instructions()
    if best:
        settings |= {"OPENBLAS_CORETYPE": {"avx512": "SKYLAKEX", "avx2": "HASWELL"}[best], "ATEN_CPU_CAPABILITY": best}
    return settings


def defined(definitions):
    return [f"-DBENCH_{name.upper()}={value}" for name, value in definitions.items()]


def build_ours(row, *option):
    """Our program of a row, perhaps with an option of the policy, or the compiler's first words."""
    what = ROWS[row]
    output, source = BUILT / "_".join(["cpu", row, *option]), CPU / f"{what.program}.cpp"
    sources = [*(ROOT / "include").rglob("*.hpp"), *(ROOT / "bench").rglob("*.hpp"), source]
    definitions = what.definitions | {"option": f"ashlar::{name}" for name in option}
    return output, compiled([COMPILER, *FLAGS, *defined(definitions), str(source)], output, sources)


def rl_tools_program(spec):
    """It has dense networks of equal hidden layers, and Adam."""
    widths = spec.get("widths", ())
    if not widths or len(set(widths[1:-1])) > 1 or spec["task"] == "train" and spec["rule"] != "adam":
        return None
    training = {"loss": spec["loss"], "rate": f"{spec['rate']}f"} if spec["task"] == "train" else {}
    return "rl_tools", {"widths": ",".join(map(str, widths)), "batch": spec["batch"]} | training


def native_program(name, spec):
    """The source of a peer in C++ and its definitions for a row; None where there is none."""
    if name == "RL-tools":
        return rl_tools_program(spec)
    if spec["task"] == "gemm":
        return "gemm", {name.split()[0].upper(): 1, **{extent: spec[extent] for extent in "mkn"}}
    if name == "Eigen" and "widths" in spec:
        definitions = {"widths": ",".join(map(str, spec["widths"])), "batch": spec["batch"]}
        if spec["task"] == "train":
            definitions |= {"loss": spec["loss"], "rule": spec["rule"], "rate": f"{spec['rate']}f"}
        return "eigen", definitions
    if name == "oneDNN primitives" and spec["network"] == "vgg16_features":
        return "onednn_vgg16", {"batch": spec["batch"]}
    if name == "oneDNN primitives" and spec["network"] == "vgg16" and spec["task"] == "train":
        return "onednn_vgg16_sgd", {"batch": spec["batch"], "rate": f"{spec['rate']}f"}
    return None


def native_command(row, name):
    """How a peer in C++ is started for a row; None where it has no program, or does not build."""
    header, words = NATIVE_PEERS[name]
    link = [(glob.glob(word) or [word])[0] if "*" in word else word for word in words]
    program = native_program(name, ROWS[row].spec)
    include = [word for word in link if not word.startswith(("-l", "-f"))]
    if not program:
        return None
    if subprocess.run([COMPILER, *include, "-fsyntax-only", "-x", "c++", "-"], input=f"#include <{header}>\n", text=True,
                      capture_output=True).returncode:
        return None
    source, output = CPU / "peers" / f"{program[0]}.cpp", BUILT / "_".join(["peer", name.split()[0], row])
    sources = [source, *(CPU / "peers").glob("*.hpp"), *(ROOT / "bench").glob("*.hpp")]
    errors = compiled([COMPILER, *NATIVE, *defined(program[1]), str(source), *link], output, sources)
    if errors:
        print(f"bench/run: {name} has no program for {row}: {errors}", file=sys.stderr)
    return None if errors else [str(output)]


def python_command(row, name, pythons, threads):
    """How a peer in Python is started for a row; None where it is not installed, or has no program."""
    script, variant, module = PYTHON_PEERS[name]
    spec = ROWS[row].spec
    convolutional = any(word in spec.get("network", "") for word in ("lenet", "vgg16", "resnet"))
    if not pythons[module] or name in ROWS[row].without or variant == "channels_last" and not convolutional or (
            script == "onnx" and spec["task"] != "infer"):
        return None
    path = str(ROOT / "bench" / "peers" / f"{script}_peer.py")
    return [pythons[module], path, json.dumps({**spec, "threads": threads}), variant, "fp32", "cpu"]


class Limits:
    """What the machine can do, measured."""

    def __init__(self, threads):
        self.caches = [cache_size(level) for level in (2, 3)]
        output, source = BUILT / "limits", CPU / "limits.cpp"
        errors = compiled([COMPILER, *NATIVE, str(source)], output, [source])
        if errors:
            sys.exit(f"bench/run: the machine's limits cannot be measured:\n{errors}")
        side = subprocess.run([str(output), str(threads), *map(str, self.caches)], capture_output=True, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads]))
        self.gigaflops, *self.bandwidths = map(float, side.stdout.split())

    def floor(self, work):
        """Microseconds that the work takes at the machine's limits."""
        total = 0
        for part in work:
            level = next((k for k, size in enumerate(self.caches) if part.kept <= size), 2)
            total += max(part.flop / self.gigaflops, part.moved / self.bandwidths[level]) / 1e3
        return total


def cache_size(level):
    for index in pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        if (index / "level").read_text().strip() == str(level):
            size = (index / "size").read_text().strip()
            return int(size[:-1]) * {"K": 2**10, "M": 2**20}[size[-1]]
    return {2: 2**20, 3: 2**23}[level]


class Suite:
    def __init__(self, threads):
        self.threads = threads
        self.limits = Limits(threads)
        self.pythons = {module: find_python(module) for module in ("jax", "onnxruntime", "openvino")}
        self.pythons |= {"torch": find_python("torch", FAST_TORCH),
                         "torch.compile": find_python("torch", "torch.compile" + FAST_TORCH)}
        self.versions, self.entries, self.lines, self.failed = {}, [], [], False

    def start_peers(self, row):
        """name: its side and the first numbers that it says."""
        sides = {}
        for name in PEERS:
            command = (python_command(row, name, self.pythons, self.threads) if name in PYTHON_PEERS
                       else native_command(row, name))
            if not command:
                continue
            arguments = [str(self.threads)] if name in NATIVE_PEERS else []
            side, first = started([*command, *arguments], self.threads, tuned(self.threads))
            try:
                if side:
                    sides[name] = side, side.ask(f"losses {ROWS[row].steps}")
                    self.versions[name] = first
            except (RuntimeError, BrokenPipeError) as problem:  # for instance a version that compiles nothing
                side.close()
                side, first = None, str(problem)
            if not side:
                print(f"bench/run: {name} is left out of {row}: {first}", file=sys.stderr)
        return sides

    def start_direct(self, row):
        """The same of our own program without Winograd's algorithm, where the row has it."""
        if not ROWS[row].direct:
            return {}
        program, errors = build_ours(row, "no_winograd")
        side, first = (None, errors) if errors else started([str(program), str(self.threads)], self.threads)
        if not side:
            print(f"bench/run: {row} has no direct time: {first}", file=sys.stderr)
            return {}
        return {DIRECT: (side, side.ask(f"losses {ROWS[row].steps}"))}

    def measure(self, row):
        what = ROWS[row]
        program, errors = build_ours(row)
        ours, first = (None, errors) if errors else started([str(program), str(self.threads)], self.threads)
        if not ours:
            return self.fail(row, f"does not {'compile' if errors else 'run'}:\n{first}")
        peers = self.start_direct(row) | self.start_peers(row)
        numbers = ours.ask(f"losses {what.steps}")
        wrong = [f"{name}: {text}" for name, (_, theirs) in peers.items()
                 if (text := disagreement(numbers, theirs, what.tolerance))]
        if wrong:
            self.fail(row, f"computes something else than {'; '.join(wrong)}")
        else:
            sides = {"ours": ours} | {name: side for name, (side, _) in peers.items()}
            self.report(row, take_turns(sides, RUNS, SECONDS))
        for side in [ours, *(side for side, _ in peers.values())]:
            side.close()

    def fail(self, row, text):
        self.lines.append(f"{row:18}{text}")
        self.failed = True

    def report(self, row, medians):
        what, ours = ROWS[row], medians["ours"]
        floor, goal = self.limits.floor(what.work), what.goals.get(self.threads)
        best = min((value for name, value in medians.items() if name in PEERS), default=None)
        text = f"{row:18}{shown(ours)}" + ("" if goal is None else f"{goal:.9g}{' !' if ours > goal else ''}").rjust(12)
        text += f"{shown(floor)}{100 * floor / ours:6.0f}%" + (f"{best / ours:8.2f}" if best else f"{'-':>8}")
        if what.direct:
            text += f"   without Winograd's savings the floor is {self.limits.floor(what.direct):.0f}"
        self.lines.append(text)
        for name, value in medians.items():
            if name != "ours":
                self.lines.append(f"    {name:22}{value / ours:6.2f} x {shown(value).strip()}")
        self.entries.append({"workload": row, "threads": self.threads, "metric": "microseconds", "ours": round(ours, 4),
                             **({"direct": round(medians[DIRECT], 4)} if DIRECT in medians else {}),
                             "peers": {name: round(medians[name], 4) if name in medians else None for name in PEERS},
                             "limit_fraction": round(floor / ours, 3)})

    def print(self):
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        print(f"{time.strftime('%Y-%m-%d')}; {processor()}; {threads}; {COMPILER} {compiler_version()} -O3")
        print("peers: " + ("; ".join(f"{name} {version}" for name, version in self.versions.items()) or "none"))
        print("with " + " ".join(f"{name}={value}" for name, value in tuned(self.threads).items())
              + "; those in C++ by -O3 -march=native")
        second, third, memory = self.limits.bandwidths
        print(f"this machine on {threads}: {self.limits.gigaflops:.0f} GFLOP/s (fp32 FMA); read {second:.0f} GB/s from L2 "
              f"({self.caches()}), {third:.0f} from L3, {memory:.1f} from memory")
        print(f"\n{'microseconds':18}{'ours':>12}{'goal':>12}{'floor':>12}{'limit':>7}{'ratio':>8}")
        print("\n".join(self.lines))
        print("\nratio: how many times as long the best peer takes, and each; limit: the floor over ours. '!' marks a goal "
              "that is missed.")

    def caches(self):
        return " and ".join(f"{size / 2**20:g} MiB" for size in self.limits.caches)


def shown(microseconds):
    return f"{microseconds:12.3f}" if microseconds < 10 else f"{microseconds:12.1f}"


def measure(selected, threads):
    unknown = [row for row in selected or [] if row not in ROWS]
    if unknown:
        sys.exit(f"bench/run: there is no workload {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if os.environ.get("ASHLAR_NO_INSTALL") != "1":
        subprocess.run([str(ROOT / "bench" / "setup")], stdout=sys.stderr)
    suite = Suite(threads)
    for row in ROWS:
        if not selected or row in selected:
            suite.measure(row)
    suite.print()
    return suite.entries, suite.failed
