# SPDX-License-Identifier: MIT
"""What the peers of bench/run share: the networks, where their numbers begin, the lines that they obey.

A peer is started as PEER SPEC VARIANT PRECISION DEVICE. SPEC is JSON: "task" is "train" (a loss a turn), "infer" or
"gemm" (a projection of the results a turn); then sizes, and the optimizer's "rule" and its numbers."""

import json
import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import numpy
from numbers_of import BATCHES, OF_INPUTS, OF_PROJECTIONS, OF_TARGETS, indices, numbers, stream_of

SPEC, VARIANT, PRECISION, DEVICE = json.loads(sys.argv[1]), *sys.argv[2:5]
SIDE = SPEC.get("side", 224)


def mlp(*widths):
    layers = []
    for width in widths:
        layers += [("relu",), ("linear", width)] if layers else [("linear", width)]
    return layers


def convolutions(*layers):
    """Each is (channels, kernel, padding), and ReLU behind it; None: pooling."""
    return [part for layer in layers for part in ([("conv", *layer), ("relu",)] if layer else [("pool",)])]


VGG16 = convolutions(*((width, 3, 1) if width else None
                       for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)))
VGG16 += [("flatten",)]

# name: the shape of a sample, layers as they stand in networks/; targets are indices below the last layer's width
NETWORKS = {
    "mlp128": ((784,), mlp(128, 10)),
    "mlp": ((784,), mlp(512, 512, 10)),
    "mlp64": ((32,), mlp(64, 64, 64, 64, 16)),
    "policy": ((16,), mlp(64, 64, 4)),
    "lenet": ((1, 28, 28), convolutions((6, 5, 2), None, (16, 5, 0), None) + [("flatten",), *mlp(120, 84, 10)]),
    "vgg16_features": ((3, SIDE, SIDE), VGG16),
    "vgg16": ((3, SIDE, SIDE), VGG16 + mlp(4096, 4096, 1000)),
}


def with_extents(sample, layers):
    """(number, kind, extents of its weight or None, padding, shape of its results) of each layer."""
    shape = tuple(sample)
    for number, (kind, *options) in enumerate(layers):
        weight, padding = None, 0
        if kind == "conv":
            channels, kernel, padding = options
            weight = (channels, shape[0], kernel, kernel)
            shape = (channels, *(extent + 2 * padding - kernel + 1 for extent in shape[1:]))
        elif kind == "linear":
            weight, shape = (options[0], shape[0]), (options[0],)
        elif kind == "pool":
            shape = (shape[0], shape[1] // 2, shape[2] // 2)
        elif kind == "flatten":
            shape = (int(numpy.prod(shape)),)
        yield number, kind, weight, padding, shape


def start_of(name, extents):
    """The numbers that a parameter begins with, as parameters.hpp gives them."""
    vector = len(extents) == 1
    scale = 0.1 if vector else (24 / numpy.prod(extents[1:])) ** 0.5
    values = numbers(int(numpy.prod(extents)), stream_of(name)) * numpy.float32(scale)
    return (values + numpy.float32(vector and name.endswith("weight"))).reshape(extents)


def parameters(sample, layers):
    """(name, numbers in PyTorch's layout) of each parameter, in their order."""
    for number, _, weight, _, _ in with_extents(sample, layers):
        for field, extents in (("weight", weight), ("bias", weight[:1])) if weight else ():
            yield f"{number}.{field}", start_of(f"{number}.{field}", extents)


def samples(extents, stream=OF_INPUTS):
    """BATCHES batches of numbers."""
    shape = BATCHES * SPEC["batch"], *extents
    return (numbers(int(numpy.prod(shape)), stream) + numpy.float32(0.5)).reshape(shape)


def index_samples(count, extents=(), stream=OF_TARGETS):
    shape = BATCHES * SPEC["batch"], *extents
    return indices(int(numpy.prod(shape)), stream, count).reshape(shape)


def targets(outputs):
    """What a network of these results is to learn: numbers by MSE, or indices by cross entropy."""
    return samples(outputs, OF_TARGETS) if SPEC.get("loss") == "mse" else index_samples(outputs[-1])


def operands():
    """The matrices of a gemm."""
    m, k, n = SPEC["m"], SPEC["k"], SPEC["n"]
    half = numpy.float32(0.5)
    return (numbers(m * k, OF_INPUTS) + half).reshape(m, k), (numbers(k * n, OF_TARGETS) + half).reshape(k, n)


def rows():
    """What row.cpp begins with."""
    r, c = numbers(SPEC["rows"], OF_INPUTS), numbers(SPEC["columns"], OF_TARGETS)
    return numpy.float32(4) * (r[:, None] * c[None, :])


def projections(result):
    """A function that asks result() for results, and returns them as one number, as numbers.hpp does."""
    turn = -1

    def next_one():
        nonlocal turn
        turn += 1
        values = numpy.asarray(result()).astype(numpy.float64).ravel()
        return float(values @ numbers(values.size, OF_PROJECTIONS + turn).astype(numpy.float64))

    return next_one


def in_turn(items):
    """A function that returns them one after the other, over and over."""
    position = -1

    def next_one():
        nonlocal position
        position = (position + 1) % len(items)
        return items[position]

    return next_one


def repeated(work):
    def run(times):
        for _ in range(times):
            work()

    return run


def obey(version, losses, run):
    """`losses()` is one number; `run(n)` does the work n times, or as often as it returns, and waits once, at its end."""
    now = time.process_time if SPEC.get("threads") == 1 else time.perf_counter
    together = 0.01 if "threads" in SPEC else 0.05  # seconds of a sample; on a GPU, between two waits
    print(version, flush=True)
    for line in sys.stdin:
        word, number = line.split()
        if word == "losses":
            answer = [f"{losses():.9g}" for _ in range(int(number))]
        else:
            answer, end, times = [], now() + float(number), 1
            while now() < end:
                start = now()
                done = run(times) or times
                seconds = (now() - start) / done
                answer.append(f"{seconds * 1e6:.4f}")
                times = max(1, int(together / max(seconds, 1e-9)))
        print(" ".join(answer), flush=True)
