# SPDX-License-Identifier: MIT
"""The suite `gpu` of bench/run: training steps and row kernels on a GPU beside PyTorch's and JAX's, the race to 94 % of
CIFAR-10, and the same networks on one core, two cores and the GPU."""

import concurrent.futures
import dataclasses
import glob
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import cuda_libraries
from cuda_libraries import nvcc
from sides import (BUILT, COMPILER, PATIENCE, ROOT, RUNS, compiled, compiler_version, disagreement, find_python,
                   processor, started, take_turns)

STEPS = 4  # whose losses are compared
TOLERANCES = {"fp32": 1e-3, "tf32": 1e-2, "bf16": 5e-2}  # of a loss, relative: products keep 24, 11 and 8 bits
OPTIONS = {"fp32": None, "tf32": "tf32", "bf16": "bf16"}  # of the device policy, that choose a precision
PEERS = {"PyTorch": ("torch", "eager"), "PyTorch compiled": ("torch", "compiled"),
         "PyTorch CUDA graph": ("torch", "graph"), "JAX": ("jax", "jit")}


@dataclasses.dataclass
class Row:
    program: str
    spec: dict  # the sizes
    tiny: dict  # those of a rehearsal
    floors: dict = dataclasses.field(default_factory=dict)  # precision: microseconds at best on an H200
    peers: bool = True
    race: bool = False  # seconds until a share of what it is tested by is right
    optimizer: dict = dataclasses.field(default_factory=lambda: {"rule": "adam", "rate": 1e-3})  # as in the program


def gpt2_floor(flop_in_a_microsecond):
    """Of 8 rows of 1024 tokens: 6 operations for each parameter of a product and token, and attention's products, of
    which the later half of the places is nobody's."""
    parameters, attention = 12 * 12 * 768**2 + 50257 * 768, 12 * 6 * 1024 * 768
    return 8 * 1024 * (6 * parameters + attention) / flop_in_a_microsecond


# Floors: performance figures measured on an H200, 790 TFLOP/s in bf16, half of that in TF32, 67 in fp32, 4.3 TB/s.
ROWS = {
    "gpu-vgg16": Row("vgg16", {"batch": 64, "side": 224}, {"batch": 2, "side": 32},
                     {"fp32": 64 / 720e-6, "tf32": 64 / 4300e-6, "bf16": 64 / 8500e-6},
                     optimizer={"rule": "sgd", "rate": 1e-3, "momentum": 0.9}),
    "gpu-mlp-b64": Row("mlp", {"batch": 64}, {"batch": 8}, {"fp32": 3.1, "tf32": 0.52, "bf16": 0.26}),
    "gpu-mlp-b16384": Row("mlp", {"batch": 16384}, {"batch": 32}, {"fp32": 785, "tf32": 133, "bf16": 67}),
    "gpu-mlp64": Row("mlp64", {"batch": 2**18}, {"batch": 256}, {"fp32": 361, "tf32": 61, "bf16": 31}),
    "gpu-gpt2": Row("gpt2", {"batch": 8, "blocks": 12, "width": 768, "heads": 12, "context": 1024, "tokens": 50257},
                    {"batch": 2, "blocks": 2, "width": 32, "heads": 4, "context": 16, "tokens": 37},
                    {"fp32": gpt2_floor(67e6), "tf32": gpt2_floor(395e6), "bf16": gpt2_floor(790e6)},
                    optimizer={"rule": "adamw", "rate": 3e-4}),
    "gpu-row-softmax": Row("row", {"kind": "softmax", "rows": 8192, "columns": 4096},
                           {"kind": "softmax", "rows": 64, "columns": 128}, {"fp32": None}),
    "gpu-row-layer-norm": Row("row", {"kind": "layer_norm", "rows": 8192, "columns": 4096},
                              {"kind": "layer_norm", "rows": 64, "columns": 128}, {"fp32": None}),
    "gpu-row-chain": Row("row", {"kind": "chain", "rows": 8192, "columns": 4096},
                         {"kind": "chain", "rows": 64, "columns": 128}, {"fp32": None}),
    "gpu-cifar": Row("cifar", {"batch": 1024, "width": 64, "epochs": 16}, {"batch": 40, "width": 4, "epochs": 6},
                     {"fp32": None, "tf32": None, "bf16": None}, peers=False, race=True),
    "cpu-gpu-mlp": Row("mlp", {"batch": 64}, {"batch": 8}, peers=False),
    "cpu-gpu-lenet": Row("lenet", {"batch": 64}, {"batch": 8}, peers=False),
    "cpu-gpu-vgg16": Row("vgg16", {"batch": 8, "side": 224}, {"batch": 2, "side": 32}, peers=False),
    "cpu-gpu-resnet18": Row("resnet18", {"batch": 64}, {"batch": 2}, peers=False),
    "cpu-gpu-lstm": Row("lstm", {"batch": 32, "steps": 32, "width": 128}, {"batch": 2, "steps": 3, "width": 8},
                        peers=False),
    "cpu-gpu-gpt": Row("gpt", {"batch": 16, "context": 128}, {"batch": 2, "context": 16}, peers=False),
}
COPIED = {False: 2**25, True: 2**16}  # numbers that the copy moves
ARCHITECTURE = os.environ.get("CUDA_ARCH", "native")
SEEDS = 3  # of a race
RIGHT = {False: 94.0, True: 60.0}  # per cent of the images that it is tested by
CIFAR = pathlib.Path(os.environ.get("ASHLAR_DATA", ROOT / ".." / "shared" / "data")) / "cifar-10"


def write_images(folder, train, test):
    """Files as CIFAR-10's: a byte for the class, then 32 x 32 bytes of each colour, here its class's pattern and noise."""
    draw = random.Random(1)
    patterns = [[draw.randrange(256) for _ in range(3 * 16)] for _ in range(10)]  # 4 x 4 squares

    def image(label):
        pixels = (patterns[label][16 * c + y // 8 * 4 + x // 8] for c in range(3) for y in range(32) for x in range(32))
        return bytes([label, *(min(255, max(0, pixel + draw.randrange(-40, 41))) for pixel in pixels)])

    for name, count in [*((f"data_batch_{k}.bin", train // 5) for k in range(1, 6)), ("test_batch.bin", test)]:
        pathlib.Path(folder, name).write_bytes(b"".join(image(i % 10) for i in range(count)))


def has_gpu():
    listing = shutil.which("nvidia-smi") and subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True)
    return bool(listing and listing.returncode == 0 and listing.stdout.strip()) or bool(glob.glob("/dev/nvidia[0-9]*"))


def build(where, program, definitions, headers=()):
    """A program for `cuda`, `omp` (the device policy without a GPU) or `cpu`, or the compiler's first words."""
    words = [f"-DBENCH_{name.upper()}={value}" for name, value in sorted(definitions.items())]
    output = BUILT / "_".join(["gpu", where, program, *(str(value) for _, value in sorted(definitions.items()))])
    source = ROOT / "bench" / "gpu" / f"{program}.cpp"
    sources = [*(ROOT / "include").rglob("*.hpp"), *(ROOT / "bench").rglob("*.hpp"), source]
    common = ["-std=c++20", "-O3", "-I", str(ROOT / "include"), *words, str(source)]
    command = {
        "cuda": [nvcc(), "-x", "cu", f"-arch={ARCHITECTURE}", *cuda_libraries.options(headers), *common],
        "omp": [COMPILER, *common, "-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP", "-fopenmp"],
        "cpu": [COMPILER, *common, "-pthread", "-DBENCH_CPU"],
    }[where]
    known_as = None
    if where == "cuda":  # wherever its compiler and cuDNN's header lie
        known_as = ["nvcc", ARCHITECTURE, bool(headers) or cuda_libraries.has_header("cudnn.h"), *common]
    return output, compiled(command, output, sources, known_as)


def jobs_at_once():
    """A compiler takes up to 3 GB."""
    try:
        words = dict(line.split(":") for line in open("/proc/meminfo", encoding="ascii"))
        by_memory = int(words["MemAvailable"].split()[0]) >> 20
    except (OSError, KeyError):
        by_memory = 6
    return max(1, min(os.cpu_count() or 1, by_memory // 3))


def is_of_places(what):
    """Whether it is one network on one core, two cores and the GPU."""
    return not what.peers and not what.race


def needs_copy(rows):
    """Whether one of them is measured by what copying takes."""
    return any("rows" in what.spec for what in rows.values())


class Suite:
    def __init__(self, rehearse, budget, save, on_gpu=True):
        self.rehearse, self.save = rehearse, save
        self.end = time.monotonic() + budget if budget else None
        self.where = "omp" if rehearse else "cuda" if on_gpu else "cpu"
        self.device = "cpu" if rehearse else "cuda"
        self.last_place = "OpenMP" if rehearse else "GPU" if on_gpu else None
        self.processors = os.cpu_count() or 1
        self.seconds = 0.05 if rehearse else 0.5  # of each turn
        self.runs = 1 if rehearse else RUNS
        self.pythons = {module: find_python(module) for module in ("torch", "jax")}
        self.settings = {"OMP_WAIT_POLICY": "passive", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        if rehearse:
            self.settings["JAX_PLATFORMS"] = "cpu"
        self.versions, self.entries, self.failed, self.place, self.bandwidth = {}, [], False, "", None
        self.built = {}
        self.headers, libraries = [], []
        if self.where == "cuda":
            self.headers, libraries = cuda_libraries.folders([sys.executable, *self.pythons.values()])
        before = [path for path in [os.environ.get("LD_LIBRARY_PATH")] if path]
        self.own_settings = {**self.settings, "LD_LIBRARY_PATH": ":".join([*before, *libraries])}

    def is_over(self):
        return self.end is not None and time.monotonic() > self.end

    def builds(self, rows):
        """What is to be compiled for them: (where, program, definitions)."""
        wanted = [(self.where, "copy", {"numbers": COPIED[self.rehearse]})] if needs_copy(rows) else []
        for what in rows.values():
            sizes = what.tiny if self.rehearse else what.spec
            if what.peers or what.race:
                wanted += [(self.where, what.program, self.definitions(sizes, OPTIONS[precision]))
                           for precision in self.precisions(what)]
            else:
                wanted += [(where, what.program, self.definitions(sizes)) for where in {"cpu": 0, self.where: 0}]
        return wanted

    def build_all(self, rows):
        """Compiles them, several at once; mistakes are said where a row is measured."""
        wanted = {json.dumps(one): one for one in self.builds(rows)}
        with concurrent.futures.ThreadPoolExecutor(jobs_at_once()) as pool:
            made = list(pool.map(lambda one: build(*one, self.headers), wanted.values()))
        self.built = dict(zip(wanted, made))
        return [f"{output.name} does not compile:\n{errors}" for output, errors in made if errors]

    @staticmethod
    def definitions(sizes, option=None):
        return {**sizes, **({"policy": option} if option else {})}

    def precisions(self, what):
        """Nothing is rounded on a CPU."""
        return [precision for precision in what.floors if not (self.rehearse and OPTIONS[precision])]

    def ours(self, program, sizes, where=None, threads=None, option=None):
        """A side that runs our program, with an option of its policy; None and why not."""
        output, errors = self.built[json.dumps((where or self.where, program, self.definitions(sizes, option)))]
        if errors:
            return None, f"does not compile:\n{errors}"
        side, first = started([str(output), str(threads or 1)], threads or self.processors, self.own_settings)
        if side and not where and not self.place:
            self.place = first
            self.say(f"on {first}")
        return side, first

    @staticmethod
    def say(text):
        print(text, flush=True)  # whoever stops this has what was measured until then

    def fail(self, row, text):
        self.say(f"{row:26}{text}")
        self.failed = True

    def take_turns(self, sides):
        return take_turns(sides, self.runs, self.seconds)

    def measure_copy(self):
        side, first = self.ours("copy", {"numbers": COPIED[self.rehearse]})
        if not side:
            return self.fail("copy", first)
        try:
            if side.ask("losses 1") != [1.0]:
                self.fail("copy", "did not copy")
            microseconds = self.take_turns({"ours": side})["ours"]
        except (RuntimeError, BrokenPipeError) as problem:
            return self.fail("copy", str(problem))
        finally:
            side.close()
        self.bandwidth = 8 * COPIED[self.rehearse] / microseconds  # bytes, read and written, in a microsecond
        self.add("gpu-copy", "GB/s", self.bandwidth / 1e3, {}, None)

    def measure_row(self, row, what):
        sizes = what.tiny if self.rehearse else what.spec
        for precision in self.precisions(what):
            if self.is_over():
                self.say(f"{row} {precision}: no time is left")
                continue
            sides = {}
            try:
                self.measure_precision(row, what, sizes, precision, sides)
            except (RuntimeError, BrokenPipeError) as problem:  # the other rows go on
                self.fail(f"{row} {precision}", str(problem))
            for side in sides.values():
                side.close()
            self.save(self.entries)

    def measure_precision(self, row, what, sizes, precision, sides):
        side, first = self.ours(what.program, sizes, option=OPTIONS[precision])
        if not side:
            return self.fail(f"{row} {precision}", first)
        sides["ours"] = side
        reference = side.ask(f"losses {STEPS}")
        losses = {"ours": reference}
        for name, (module, variant) in PEERS.items():
            if not self.pythons[module] or self.is_over():
                continue
            spec = json.dumps({"task": "train", "network": what.program, **what.optimizer, **sizes})
            script = str(ROOT / "bench" / "peers" / f"{module}_peer.py")
            side, first = started([self.pythons[module], script, spec, variant, precision, self.device],
                                  self.processors, self.settings)
            try:  # a version may compile nothing, or not know the device
                losses[name] = side.ask(f"losses {STEPS}") if side else None
            except (RuntimeError, BrokenPipeError):
                side.close()
                side = None
            if side:
                self.versions[name], sides[name] = first, side
        wrong = [f"{name} ({theirs} beside {reference})" for name, theirs in losses.items()
                 if name in sides and disagreement(theirs, reference, TOLERANCES[precision])]
        if wrong:
            return self.fail(f"{row} {precision}", f"computes something else than {'; '.join(wrong)}")
        self.report(row, precision, sizes, what.floors[precision], self.take_turns(sides))

    def report(self, row, precision, sizes, floor, medians):
        if "rows" in sizes and self.bandwidth:  # the floor is what the same bytes take when they are copied
            floor = 8 * sizes["rows"] * sizes["columns"] / self.bandwidth
        elif "H200" not in self.place:
            floor = None
        ours = medians.get("ours")
        fraction = round(floor / ours, 3) if floor and ours else None
        text = f"{row + ' ' + precision:26}" + (f"{ours:12.1f}" if ours else f"{'-':>12}")
        text += f"{100 * fraction:6.0f}%" if fraction else f"{'':7}"
        for name in PEERS:
            value = medians.get(name)
            text += f"{value:20.1f}{value / ours if ours else 0:6.2f}" if value and ours else (
                f"{value:20.1f}{'':6}" if value else f"{'-':>20}{'':6}")
        self.say(text.rstrip())
        self.add(row, f"microseconds, {precision}", ours, {name: medians.get(name) for name in PEERS}, fraction)

    def add(self, row, metric, ours, peers, fraction, threads=1):
        rounded = lambda value: None if value is None else round(value, 3)
        self.entries.append({"workload": row + (" (rehearsal)" if self.rehearse else ""), "threads": threads,
                             "metric": metric, "ours": rounded(ours),
                             "peers": {name: rounded(value) for name, value in peers.items()},
                             "limit_fraction": fraction})

    def measure_race(self, row, what, folder):
        """A race in each precision: the program says a line a seed, and last the means."""
        for precision in self.precisions(what):
            if self.is_over():
                self.say(f"{row} {precision}: no time is left")
                continue
            sizes = what.tiny if self.rehearse else what.spec
            which = self.where, what.program, self.definitions(sizes, OPTIONS[precision])
            output, errors = self.built[json.dumps(which)]
            if errors:
                self.fail(f"{row} {precision}", f"does not compile:\n{errors}")
                continue
            try:
                command = [str(output), str(folder), str(1 if self.rehearse else SEEDS)]
                lines = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE,
                                       env={**os.environ, **self.own_settings}).stdout.splitlines()
            except subprocess.TimeoutExpired:
                lines = ["failed: it took too long"]
            if not lines or not lines[-1].startswith("mean: "):
                self.fail(f"{row} {precision}", lines[-1] if lines else "it ended without a word")
                continue
            seconds, share = (float(word) for word in lines[-1].split()[1:4:2])
            self.say("\n".join(f"{row} {precision}: {line}" for line in lines[1:]))
            if share < RIGHT[self.rehearse]:
                self.fail(f"{row} {precision}", f"read {share} % right, less than {RIGHT[self.rehearse]} %")
            self.add(row, f"seconds, {precision}, {share} % right", seconds, {}, None)
            self.save(self.entries)

    def measure_races(self, rows):
        with tempfile.TemporaryDirectory() as folder:
            if self.rehearse:
                write_images(folder, 1000, 130)
            for row, what in rows.items():
                self.measure_race(row, what, folder if self.rehearse else CIFAR)

    def measure_places(self, row, what):
        """The same network on one core, two cores and the GPU."""
        if self.is_over():
            return self.say(f"{row}: no time is left")
        sides = {}
        try:
            self.measure_sides(row, what.program, what.tiny if self.rehearse else what.spec, sides)
        except (RuntimeError, BrokenPipeError) as problem:
            self.fail(row, str(problem))
        for side in sides.values():
            side.close()
        self.save(self.entries)

    def measure_sides(self, row, program, sizes, sides):
        places = [("1 core", "cpu", 1), ("2 cores", "cpu", 2)] + [(self.last_place, None, None)] * bool(self.last_place)
        for name, where, threads in places:
            side, first = self.ours(program, sizes, where, threads)
            if not side:
                return self.fail(row, f"{name}: {first}")
            sides[name] = side
        losses = {name: side.ask("losses 2") for name, side in sides.items()}
        wrong = [name for name, values in losses.items() if disagreement(values, losses["1 core"], TOLERANCES["fp32"])]
        if wrong:
            return self.fail(row, f"computes something else on {', '.join(wrong)}: {losses}")
        medians = self.take_turns(sides)
        if len(medians) < len(sides):
            return self.fail(row, f"only {', '.join(medians)} went on to the end")
        on_last = (f"{medians['1 core'] / medians[self.last_place]:10.1f}" if self.last_place
                   else f"{'not measured':>14}{'-':>10}")
        self.say(f"{row:26}" + "".join(f"{medians[name]:14.1f}" for name in sides) + on_last)
        for name, threads in [("1 core", 1), ("2 cores", 2)] + [(self.last_place, 1)] * bool(self.last_place):
            place = name if name == self.last_place else "CPU"
            self.add(row, f"microseconds, {place}", medians[name], {}, None, threads)


def measure(selected, _, rehearse, build_only, budget, save):
    unknown = [row for row in selected or [] if row not in ROWS]
    if unknown:
        sys.exit(f"bench/run: there is no workload {', '.join(unknown)}; there are {', '.join(ROWS)}")
    rows = {row: what for row, what in ROWS.items() if not selected or row in selected}
    on_gpu = rehearse or build_only or has_gpu()
    if not on_gpu and not (selected and all(is_of_places(what) for what in rows.values())):
        of_places = ",".join(row for row, what in ROWS.items() if is_of_places(what))
        print("skipped: gpu: there is no GPU here, so its table is not measured; --rehearse tries the suite without one, "
              f"and --filter {of_places} measures what the CPU takes")
        return [], 77
    if not rehearse and on_gpu and not nvcc():
        sys.exit("bench/run: there is no nvcc; README.md, On a rented GPU, says how to install it")
    suite = Suite(rehearse, budget, save, on_gpu)
    print(f"{time.strftime('%Y-%m-%d')}; {processor()}; "
          + (f"{COMPILER} {compiler_version()} -O3" if rehearse or not on_gpu else f"nvcc -O3 -arch={ARCHITECTURE}"),
          flush=True)
    errors = suite.build_all(rows)
    if build_only:
        print("\n".join(errors) or f"built: {BUILT}")
        return [], bool(errors)
    if rehearse:
        print("A rehearsal: tiny sizes, without a GPU. Its times say nothing.")
    if needs_copy(rows):
        suite.measure_copy()
        if suite.bandwidth:
            print(f"copying memory: {suite.bandwidth / 1e3:.0f} GB/s, read and written")
    beside = {row: what for row, what in rows.items() if what.peers}
    races = {row: what for row, what in rows.items() if what.race}
    places = {row: what for row, what in rows.items() if is_of_places(what)}
    if beside:
        print(f"\n{'microseconds':26}{'ours':>12}{'limit':>7}" + "".join(f"{name:>20}{'ratio':>6}" for name in PEERS))
        for row, what in beside.items():
            suite.measure_row(row, what)
        print("ratio: how many times as long the peer takes; limit: of what an H200 could do at best, or of a copy")
        print("; ".join(f"{name} {version}" for name, version in suite.versions.items()) or "no peers")
    if races:
        print(f"\nseconds until {RIGHT[rehearse]} % of the images it is tested by are read right; goal: 10 on a GPU")
        suite.measure_races(races)
    if places:
        print(f"\n{'microseconds, fp32':26}{'1 core':>14}{'2 cores':>14}{suite.last_place or 'GPU':>14}{'ratio':>10}")
        for row, what in places.items():
            suite.measure_places(row, what)
    return suite.entries, suite.failed
