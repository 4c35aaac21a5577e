# SPDX-License-Identifier: MIT
"""The suite `cpu` of bench/run: training steps beside PyTorch's."""

import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
COMPILER = os.environ.get("CXX", "g++")
RUNS = int(os.environ.get("RUNS", "3"))
FLAGS = ["-std=c++20", "-O3", "-pthread", "-I", str(ROOT / "include")]
SECONDS = 0.5  # of each turn
STEPS = 10  # whose losses are compared

# id: program and network, batch, goal in microseconds on 1 and on 2 threads, and what one thread of the machine could
# reach at best (an AVX-512 core of 2.8 GHz)
ROWS = {
    "mlp-sgd-b1": ("mlp_sgd", 1, {1: 13.5}, 12),
    "mlp-sgd-b32": ("mlp_sgd", 32, {1: 85, 2: 50}, 73),
    "mlp-sgd-b256": ("mlp_sgd", 256, {1: 670, 2: 380}, 587),
    "lenet-sgd-b64": ("lenet_sgd", 64, {1: 1800}, 830),
}
PEERS = {"PyTorch": "eager", "PyTorch compiled": "compiled"}


# Debian's PyTorch multiplies matrices by whatever BLAS is installed, and without one of these by loops of no speed.
PROBE = """
import torch
fast = torch.backends.mkl.is_available() or any(name in open("/proc/self/maps").read() for name in ("openblas", "blis"))
raise SystemExit(0 if fast else 3)
"""
PACKAGES = ["python3-torch", "libopenblas0-pthread"]


def find_torch():
    """A python3 whose PyTorch is worth comparing with, or None."""
    def first():
        for python in (sys.executable, "python3", "/usr/bin/python3"):
            if shutil.which(python) and subprocess.run([python, "-c", PROBE], capture_output=True).returncode == 0:
                return python
        return None

    python = first()
    if python or os.environ.get("ASHLAR_NO_INSTALL") == "1" or not shutil.which("apt-get") or os.geteuid() != 0:
        return python
    print(f"bench/run: installing from Debian's packages: {' '.join(PACKAGES)}", file=sys.stderr)
    quiet = {"capture_output": True, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    if subprocess.run(install, **quiet).returncode:
        subprocess.run(["apt-get", "update"], **quiet)
        subprocess.run(install, **quiet)
    return first()


def tuned(threads):
    """The environment in which a peer is as fast as it can be here: Debian's builds do not know new processors."""
    settings = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    try:
        flags = pathlib.Path("/proc/cpuinfo").read_text().split("flags", 1)[1].split("\n", 1)[0].split()
    except (OSError, IndexError):
        flags = []
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= set(flags):
        settings |= {"OPENBLAS_CORETYPE": "SKYLAKEX", "ATEN_CPU_CAPABILITY": "avx512"}
    elif "avx2" in flags:
        settings |= {"OPENBLAS_CORETYPE": "HASWELL", "ATEN_CPU_CAPABILITY": "avx2"}
    return settings


class Side:
    """A program that obeys lines, on the first processors that this one may use."""

    def __init__(self, command, threads, settings={}):
        processors = sorted(os.sched_getaffinity(0))[:threads] if hasattr(os, "sched_getaffinity") else None
        self.samples = []
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, **settings},
            preexec_fn=(lambda: os.sched_setaffinity(0, processors)) if processors else None)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended with {self.process.wait()}")
        return line.strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.read().split()]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def build(network, batch):
    """The program of a network, or the compiler's first words."""
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"{network}_b{batch}"
    sources = [*(ROOT / "include").rglob("*.hpp"), *(ROOT / "bench" / "cpu").glob("*.?pp")]
    if program.exists() and program.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return program, ""
    command = [COMPILER, *FLAGS, f"-DBENCH_BATCH={batch}", "-o", str(program), str(ROOT / "bench" / "cpu" / f"{network}.cpp")]
    result = subprocess.run(command, capture_output=True, text=True)
    return program, "\n".join(result.stderr.splitlines()[:8]) if result.returncode else ""


def start_peers(python, network, batch, threads, versions):
    sides = {}
    for name, variant in PEERS.items() if python else ():
        script = str(ROOT / "bench" / "cpu" / "torch_peer.py")
        side = Side([python, script, network, str(batch), str(threads), variant], threads, tuned(threads))
        try:
            versions[name] = side.read()
            sides[name] = side, side.ask(f"losses {STEPS}")
        except (RuntimeError, BrokenPipeError):  # for instance a version that compiles nothing
            side.close()
    return sides


def disagreement(ours, theirs):
    """Where two sequences of losses part by more than sums in another order do, or nothing."""
    for step, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if not abs(a - b) <= 1e-4 * max(1, abs(b)):
            return f"the loss of step {step + 1} is {a}, not {b}"
    return ""


def measure(selected, threads):
    unknown = [row for row in selected or [] if row not in ROWS]
    if unknown:
        sys.exit(f"bench/run: there is no workload {', '.join(unknown)}; there are {', '.join(ROWS)}")
    python = find_torch()
    versions, entries, lines, failed = {}, [], [], False
    for row, (network, batch, goals, floor) in ROWS.items():
        if selected and row not in selected:
            continue
        program, errors = build(network, batch)
        if errors:
            lines.append(f"{row:15}does not compile:\n{errors}")
            failed = True
            continue
        ours = Side([str(program), str(threads)], threads)
        peers = start_peers(python, network, batch, threads, versions)
        losses = ours.ask(f"losses {STEPS}")
        wrong = [f"{name}: {text}" for name, (_, theirs) in peers.items() if (text := disagreement(losses, theirs))]
        if wrong:
            lines.append(f"{row:15}computes something else than {'; '.join(wrong)}")
            failed = True
        else:
            sides = {"ours": ours} | {name: side for name, (side, _) in peers.items()}
            for side in sides.values():
                side.ask("time 0.1")
            for _ in range(RUNS):
                for side in sides.values():
                    side.samples += side.ask(f"time {SECONDS}")
            medians = {name: statistics.median(side.samples) for name, side in sides.items()}
            lines.append(line_of(row, medians, goals.get(threads), floor / threads))
            entries.append({"workload": row, "threads": threads, "metric": "microseconds",
                            "ours": round(medians["ours"], 3),
                            "peers": {name: round(medians[name], 3) if name in medians else None for name in PEERS},
                            "limit_fraction": round(floor / threads / medians["ours"], 3)})
        for side in [ours, *(side for side, _ in peers.values())]:
            side.close()
    print(f"{time.strftime('%Y-%m-%d')}; {processor()}; {threads} thread{'s' if threads > 1 else ''}; "
          f"{COMPILER} {compiler_version()} -O3; "
          + ("; ".join(f"{name} {version}" for name, version in versions.items() if name in PEERS) or "no PyTorch"))
    if versions:
        print("peers with " + " ".join(f"{name}={value}" for name, value in tuned(threads).items()))
    print(f"\n{'microseconds':15}{'ours':>10}{'goal':>8}{'limit':>7}  "
          + "".join(f"{name:>18}{'ratio':>7}" for name in PEERS))
    print("\n".join(lines))
    print("\nratio: how many times as long the peer takes. '!' marks a goal that is missed.")
    return entries, failed


def line_of(row, medians, goal, floor):
    ours = medians["ours"]
    text = f"{row:15}{ours:10.1f}" + ("" if goal is None else f"{goal:g}{' !' if ours > goal else ''}").rjust(8)
    text += f"{100 * floor / ours:6.0f}%  "
    for name in PEERS:
        text += f"{medians[name]:18.1f}{medians[name] / ours:7.2f}" if name in medians else f"{'-':>18}{'':7}"
    return text.rstrip()


def processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def compiler_version():
    return subprocess.run([COMPILER, "-dumpfullversion", "-dumpversion"], capture_output=True, text=True).stdout.strip()
