# SPDX-License-Identifier: MIT
"""The suite `cpu` of bench/run: the rows of cpu_rows.py beside those peers that are installed."""

import collections
import concurrent.futures
import functools
import glob
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
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
# peers in C++: what a unit includes that shows that they are installed, and how programs are compiled and linked with them
FROM_PYPI = BUILT / "peers"
PACKAGES = (glob.glob(str(FROM_PYPI / "lib" / "python3*" / "site-packages")) or [str(FROM_PYPI)])[0]
TORCH = f"{PACKAGES}/torch"
TORCH_LIBRARIES = [f"{TORCH}/lib", f"{PACKAGES}/nvidia/cu13/lib"]  # the wheel's library for CPUs asks for CUDA's runtime
NATIVE_PEERS = {
    "libtorch": ("torch/version.h", ["-I", f"{TORCH}/include", "-I", f"{TORCH}/include/torch/csrc/api/include",
                                     *(f"-Wl,-rpath,{folder}" for folder in TORCH_LIBRARIES), f"-L{TORCH}/lib",
                                     "-ltorch_cpu", "-lc10", "-Wl,--unresolved-symbols=ignore-in-shared-libs"]),
    "Eigen": ("Eigen/Dense", ["-fopenmp", "-I", "/usr/include/eigen3"]),
    "OpenBLAS": ("cblas.h", ["-lopenblas"]),
    "LIBXSMM": ("libxsmm.h", ["-lxsmm", "-lopenblas"]),
    "RL-tools": ("rl_tools/rl_tools.h", ["-Ofast", "-I", f"{PACKAGES}/rltools/external/rl_tools/include",  # as it asks
                                         "-lopenblas"]),
    "dlib": ("dlib/dnn/layers_abstract.h", ["-ldlib", "-lopenblas"]),
    "tiny-dnn": ("tiny_dnn/config.h", ["-std=c++17", "-DCNN_NO_SERIALIZATION", "-I", str(BUILT / "tiny_dnn")]),
    "oneDNN primitives": ("oneapi/dnnl/dnnl_version.h", ["-fopenmp", "-ldnnl"]),
    "oneDNN 3 primitives": ("oneapi/dnnl/dnnl_version.h", ["-fopenmp", "-I", f"{FROM_PYPI}/include",
                                                           f"-L{FROM_PYPI}/lib", f"-Wl,-rpath,{FROM_PYPI}/lib", "-ldnnl"]),
}
ASKED = {"oneDNN primitives": "DNNL_VERSION_MAJOR == 2", "oneDNN 3 primitives": "DNNL_VERSION_MAJOR == 3"}
PEERS = [*PYTHON_PEERS, *NATIVE_PEERS]
DIRECT = "ours, direct"  # without Winograd's algorithm
ALONE = "ours, one thread"  # where there are several
SCALING = 0.85  # of each thread, at least: our goal where a row takes one thread more than 80 microseconds


def instructions():
    try:
        flags = set(pathlib.Path("/proc/cpuinfo").read_text().split("flags", 1)[1].split("\n", 1)[0].split())
    except (OSError, IndexError):
        return ""
    return "avx512" if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags else "avx2" if "avx2" in flags else ""


def tuned(threads):
    """The environment in which a peer is as fast as it can be here: Debian's builds do not know new processors."""
    settings = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads),
                "JAX_PLATFORMS": "cpu", "TORCHINDUCTOR_CACHE_DIR": str(BUILT / "inductor")}
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


TOLD_AT_RUN_TIME = {"libtorch": "libtorch", "dlib": "dlib", "tiny-dnn": "tiny_dnn"}  # one program each for all rows


def told(name, spec):
    """The arguments of a peer that learns at run time which row it is for; None where it has nothing for it."""
    if spec["task"] == "gemm":
        return ["gemm", *(str(spec[extent]) for extent in "mkn")] if name == "libtorch" else None
    network, training = spec["network"], spec["task"] == "train"
    known = {"libtorch": ("mlp128", "mlp", "policy", "lenet", "vgg16_features", "vgg16"),
             "dlib": ("mlp128", "lenet"),  # its Adam has an epsilon of another meaning
             "tiny-dnn": ("mlp128", "policy", "lenet")}[name]
    if network not in known or training and name != "libtorch" and spec["rule"] != "sgd":
        return None
    more = [spec["rule"], str(spec["rate"]), spec.get("loss", "cross_entropy")] if training else []
    return [spec["task"], str(spec["batch"]), network, *more]


def native_program(name, spec, threads):
    """The source of a peer in C++ and its definitions for a row; None where there is none."""
    if name in TOLD_AT_RUN_TIME:
        definitions = {"threads": min(threads, 2)} if name == "tiny-dnn" else {}
        return (TOLD_AT_RUN_TIME[name], definitions) if told(name, spec) else None
    if name == "RL-tools":
        return rl_tools_program(spec)
    if spec["task"] == "gemm":
        return "gemm", {name.split()[0].upper(): 1, **{extent: spec[extent] for extent in "mkn"}}
    if name == "Eigen" and "widths" in spec:
        definitions = {"widths": ",".join(map(str, spec["widths"])), "batch": spec["batch"]}
        if spec["task"] == "train":
            definitions |= {"loss": spec["loss"], "rule": spec["rule"], "rate": f"{spec['rate']}f"}
        return "eigen", definitions
    if "oneDNN" in name and spec["network"] == "vgg16_features":
        return "onednn_vgg16", {"batch": spec["batch"]}
    if "oneDNN" in name and spec["network"] == "vgg16" and spec["task"] == "train":
        return "onednn_vgg16_sgd", {"batch": spec["batch"], "rate": f"{spec['rate']}f"}
    return None


@functools.cache
def installed(name):
    """Whether a peer in C++ can be compiled with."""
    header, words = NATIVE_PEERS[name]
    include = [word for word in words if not word.startswith(("-l", "-L", "-f", "-W", "-std"))]
    asked = f"#if !({ASKED[name]})\n#error\n#endif\n" if name in ASKED else ""
    return subprocess.run([COMPILER, *include, "-fsyntax-only", "-x", "c++", "-"], input=f"#include <{header}>\n{asked}",
                          text=True, capture_output=True).returncode == 0


def build_native(row, name, threads):
    """How a peer in C++ is started for a row, or None, and the compiler's first words where it does not build."""
    spec, (_, words) = ROWS[row].spec, NATIVE_PEERS[name]
    program = native_program(name, spec, threads)
    if not program or not installed(name):
        return None, ""
    source = CPU / "peers" / f"{program[0]}.cpp"
    short = name.replace(" primitives", "").replace(" ", "")
    output = BUILT / "_".join(["peer", short, *(map(str, program[1].values()) if name in TOLD_AT_RUN_TIME else [row])])
    sources = [source, *(CPU / "peers").glob("*.hpp"), *(ROOT / "bench").glob("*.hpp")]
    if name == "tiny-dnn" and not (BUILT / "tiny_dnn").exists():  # where it looks for stb, which Debian has elsewhere
        (BUILT / "tiny_dnn").mkdir(parents=True)
        (BUILT / "tiny_dnn" / "third_party").symlink_to("/usr/include")
    with building[output]:
        errors = compiled([COMPILER, *NATIVE, *defined(program[1]), str(source), *words], output, sources)
    return None if errors else [str(output)], errors


def native_command(row, name, threads):
    command, errors = build_native(row, name, threads)
    if errors:
        print(f"bench/run: {name} has no program for {row}: {errors}", file=sys.stderr)
    return command and [*command, str(threads), *(told(name, ROWS[row].spec) if name in TOLD_AT_RUN_TIME else [])]


building = collections.defaultdict(threading.Lock)  # each program at most once at a time


def compile_torch(row, pythons, threads):
    """Fills the folder of what torch.compile makes of a row."""
    command = python_command(row, "PyTorch compiled", pythons, threads)
    if command:
        subprocess.run(command, input="losses 1\n", text=True, capture_output=True, env={**os.environ, **tuned(threads)})


def build_all(rows, pythons, threads):
    """Builds what these rows need, as many programs at once as there are processors; what fails is said by who asks."""
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = []
        for row in rows:
            jobs += [pool.submit(build_native, row, name, threads) for name in NATIVE_PEERS]
            jobs.append(pool.submit(compile_torch, row, pythons, threads))
            jobs.append(pool.submit(build_ours, row))
            if ROWS[row].direct:
                jobs.append(pool.submit(build_ours, row, "no_winograd"))
        for job in jobs:
            job.result()
    return time.monotonic() - begin


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
    def __init__(self, threads, pythons):
        self.threads, self.pythons = threads, pythons
        self.limits = Limits(threads)
        self.versions, self.entries, self.lines, self.failed = {}, [], [], False

    def start_peers(self, row):
        """name: its side and the first numbers that it says."""
        sides = {}
        for name in PEERS:
            command = (python_command(row, name, self.pythons, self.threads) if name in PYTHON_PEERS
                       else native_command(row, name, self.threads))
            if not command:
                continue
            side, first = started(command, self.threads, tuned(self.threads))
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

    def start_ourselves(self, row):
        """The same of our own program without Winograd's algorithm, where the row has it, and on one thread."""
        others = {DIRECT: (self.threads, ["no_winograd"])} if ROWS[row].direct else {}
        if self.threads > 1:
            others[ALONE] = 1, []
        sides = {}
        for name, (threads, option) in others.items():
            program, errors = build_ours(row, *option)
            side, first = (None, errors) if errors else started([str(program), str(threads)], threads)
            if side:
                sides[name] = side, side.ask(f"losses {ROWS[row].steps}")
            else:
                print(f"bench/run: {row} has no time of {name}: {first}", file=sys.stderr)
        return sides

    def measure(self, row):
        what = ROWS[row]
        program, errors = build_ours(row)
        ours, first = (None, errors) if errors else started([str(program), str(self.threads)], self.threads)
        if not ours:
            return self.fail(row, f"does not {'compile' if errors else 'run'}:\n{first}")
        moved = re.search(r"moves (\S+) bytes, at least (\S+)", first)
        self.moved = tuple(float(bytes_of) for bytes_of in moved.groups()) if moved else None
        peers = self.start_ourselves(row) | self.start_peers(row)
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
        if ALONE in medians:
            scaling, wanted = medians[ALONE] / ours, self.threads * SCALING if medians[ALONE] > 80 else 0
            text += f"   {scaling:.2f} times as fast as one thread{' !' if scaling < wanted else ''}"
        self.lines.append(text)
        if self.moved:
            self.lines.append("    kernels move {:.4g} MB, at least {:.4g} MB if all that could be fused were".format(
                *(bytes_of / 1e6 for bytes_of in self.moved)))
        for name, value in medians.items():
            if name != "ours":
                self.lines.append(f"    {name:22}{value / ours:6.2f} x {shown(value).strip()}")
        self.entries.append({"workload": row, "threads": self.threads, "metric": "microseconds", "ours": round(ours, 4),
                             **({"direct": round(medians[DIRECT], 4)} if DIRECT in medians else {}),
                             **({"one_thread": round(medians[ALONE], 4)} if ALONE in medians else {}),
                             **(dict(zip(("bytes_moved", "bytes_at_least"), self.moved)) if self.moved else {}),
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


def measure(selected, threads, save):
    unknown = [row for row in selected or [] if row not in ROWS]
    if unknown:
        sys.exit(f"bench/run: there is no workload {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if os.environ.get("ASHLAR_NO_INSTALL") != "1":
        subprocess.run([str(ROOT / "bench" / "setup")], stdout=sys.stderr)
    rows = [row for row in ROWS if not selected or row in selected]
    pythons = {module: find_python(module) for module in ("jax", "onnxruntime", "openvino")}
    pythons |= {"torch": find_python("torch", FAST_TORCH), "torch.compile": find_python("torch", "torch.compile" + FAST_TORCH)}
    built = build_all(rows, pythons, threads)
    begin = time.monotonic()
    suite = Suite(threads, pythons)
    for row in rows:
        suite.measure(row)
        save(suite.entries)  # what was measured stays if the next row is interrupted
        print(f"bench/run: {row} is measured", file=sys.stderr)
    suite.print()
    print(f"building took {built:.0f} s, measuring {time.monotonic() - begin:.0f} s")
    return suite.entries, suite.failed
