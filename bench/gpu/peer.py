# SPDX-License-Identifier: MIT
"""What the peers of bench/run gpu share: the networks, where their numbers begin, the lines that they obey."""

import json
import pathlib
import sys
import time

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from peer_numbers import BATCHES, numbers

SPEC, VARIANT, PRECISION, DEVICE = json.loads(sys.argv[1]), *sys.argv[2:5]


def mlp(*widths):
    layers = []
    for width in widths:
        layers += [("relu",), ("linear", width)] if layers else [("linear", width)]
    return layers


def vgg(*widths):
    layers = []
    for width in widths:
        layers += [("conv", width), ("relu",)] if width else [("pool",)]
    return layers


# name: the shape of a sample, classes, layers as they stand in the .cpp of that name, optimizer
NETWORKS = {
    "mlp": ((784,), 10, mlp(512, 512, 10), ("adam", 1e-3)),
    "mlp64": ((32,), 16, mlp(64, 64, 64, 64, 16), ("adam", 1e-3)),
    "vgg16": ((3, SPEC.get("side", 224), SPEC.get("side", 224)), 1000,
              vgg(64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)
              + [("flatten",), *mlp(4096, 4096, 1000)], ("sgd", 1e-3)),
}


def stream_of(name):
    h = 2166136261
    for c in name.encode():
        h = (h ^ c) * 16777619 & 0xFFFFFFFF
    return h


def parameters(sample, layers):
    """(name, numbers in PyTorch's layout) of each parameter, in their order."""
    shape = tuple(sample)
    for number, (kind, *extents) in enumerate(layers):
        if kind == "conv":
            sizes, shape = (extents[0], shape[0], 3, 3), (extents[0], *shape[1:])
        elif kind == "linear":
            sizes, shape = (extents[0], shape[0]), (extents[0],)
        else:
            if kind == "pool":
                shape = (shape[0], shape[1] // 2, shape[2] // 2)
            if kind == "flatten":
                shape = (int(numpy.prod(shape)),)
            continue
        for field, extent, scale in ("weight", sizes, (24 / numpy.prod(sizes[1:])) ** 0.5), ("bias", sizes[:1], 0.1):
            name = f"net.{number}.{field}"
            values = numbers(int(numpy.prod(extent)), stream_of(name)) * numpy.float32(scale)
            yield name, values.reshape(extent)


def samples(sample, classes):
    count = BATCHES * SPEC["batch"]
    x = numbers(count * int(numpy.prod(sample)), 1000) + numpy.float32(0.5)
    y = (numbers(count, 1001) + numpy.float32(0.5)) * classes
    return x.reshape(count, *sample), y.astype(numpy.int32)


def rows():
    """What row.cpp begins with."""
    r, c = numbers(SPEC["rows"], 1000), numbers(SPEC["columns"], 1001)
    return numpy.float32(4) * (r[:, None] * c[None, :])


def obey(version, losses, run):
    """`losses()` is one number; `run(n)` does the work n times, or as often as it returns, and waits once, at its end."""
    print(version, flush=True)
    for line in sys.stdin:
        word, number = line.split()
        if word == "losses":
            answer = [f"{losses():.9g}" for _ in range(int(number))]
        else:
            answer, end, times = [], time.perf_counter() + float(number), 1
            while time.perf_counter() < end:
                start = time.perf_counter()
                done = run(times) or times
                seconds = (time.perf_counter() - start) / done
                answer.append(f"{seconds * 1e6:.3f}")
                times = max(1, int(0.05 / seconds))  # 50 ms between two waits
        print(" ".join(answer), flush=True)
