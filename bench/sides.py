# SPDX-License-Identifier: MIT
"""What the suites cpu and gpu of bench/run share: programs that obey lines, ours and the peers', and turns of them."""

import hashlib
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILT = ROOT / "build" / "bench"
PYTHONS = str(BUILT / "peers" / "bin" / "python"), sys.executable, "python3", "/usr/bin/python3"
COMPILER = os.environ.get("CXX", "g++")
RUNS = int(os.environ.get("RUNS", "3"))
PATIENCE = float(os.environ.get("PATIENCE", "600"))  # seconds that a side may take for an answer


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
        watch = threading.Timer(PATIENCE, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        if not line:
            raise RuntimeError(f"it ended with {self.process.wait()}")
        return line.strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.read()
        try:
            return [float(word) for word in answer.split()]
        except ValueError:
            raise RuntimeError(answer) from None

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        watch = threading.Timer(60, self.process.kill)
        watch.start()
        self.process.wait()
        watch.cancel()


def started(command, threads, settings={}):
    """A side, and the first line that it says; None where it does not start."""
    side = Side(command, threads, settings)
    try:
        first = side.read()
    except (RuntimeError, BrokenPipeError):
        first = "failed: it ended before it said anything"
    if not first.startswith("failed: "):
        return side, first
    side.close()
    return None, first


def compiled(command, output, sources, known_as=None):
    """The compiler's first words where `command` fails to make `output` of these sources; it may have done so before, in
    another place too, where the command was `known_as` this."""
    used = output.with_name(output.name + ".command")
    read = hashlib.sha256()
    for path in sorted(sources):
        read.update(path.read_bytes())
    made = f"{str(known_as or command).replace(str(ROOT), '')}\n{read.hexdigest()}"
    if output.exists() and used.exists() and used.read_text() == made:
        return ""
    output.parent.mkdir(parents=True, exist_ok=True)
    result = subprocess.run([*command, "-o", str(output)], capture_output=True, text=True)
    if result.returncode == 0:
        used.write_text(made)
        return ""
    errors = [line for line in result.stderr.splitlines() if "error" in line] or result.stderr.splitlines()
    return "\n".join(errors[:8]) or "it fails without a word"


def find_python(module, probe=""):
    """The python3 with the newest version of a module that passes a probe, or None: peers are measured where they are."""
    found = {}
    script = f"import {module}; print({module}.__version__)\n{probe}"
    for python in dict.fromkeys(PYTHONS):
        if not shutil.which(python):
            continue
        result = subprocess.run([python, "-c", script], capture_output=True, text=True)
        if result.returncode == 0:
            version = tuple(int(part) for part in result.stdout.split()[-1].split("+")[0].split(".")[:2])
            found.setdefault(version, python)
    return found[max(found)] if found else None


SLOW = 1e6  # microseconds, of a side that is warm since its losses, so that its first turn counts and its last is left out


def take_turns(sides, runs, seconds):
    """The median of each, in microseconds, in turns A B A B. A peer that ends meanwhile has none."""
    ended, slow = set(), set()
    for turn in range(1 + runs):
        for name, side in sides.items():
            if name in ended or name in slow and turn == runs:
                continue
            try:
                samples = side.ask(f"time {seconds if turn else seconds / 5}")
            except (RuntimeError, BrokenPipeError) as problem:
                if name == "ours":
                    raise
                print(f"bench/run: {name}: {problem}", file=sys.stderr)
                ended.add(name)
            else:
                if turn == 0 and min(samples, default=0) > SLOW:
                    slow.add(name)
                side.samples += samples if turn or name in slow else []
    return {name: statistics.median(side.samples) for name, side in sides.items() if side.samples}


def disagreement(ours, theirs, tolerance):
    """Where two sequences of numbers part by more than sums in another order do, or nothing."""
    scale = max(1, *map(abs, theirs))
    for turn, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if not abs(a - b) <= tolerance * scale:
            return f"number {turn + 1} is {a}, not {b}"
    return ""


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
