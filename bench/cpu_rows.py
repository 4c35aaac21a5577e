# SPDX-License-Identifier: MIT
"""The rows of bench/run cpu: one entry each, of a program of ours, its peers' SPEC, its work and its goal."""

import dataclasses


@dataclasses.dataclass
class Work:
    """A part of a row's work, that comes after those before it."""
    flop: float = 0
    moved: float = 0  # bytes, read and written, of
    kept: float = 0  # bytes that lie in some cache, or in memory, from one time to the next


@dataclasses.dataclass
class Row:
    program: str  # cpu/NAME.cpp
    spec: dict  # what peers are told; see peers/peer.py
    work: list
    goals: dict  # threads: microseconds
    definitions: dict = dataclasses.field(default_factory=dict)  # of the program: BENCH_NAME
    direct: list = None  # the work without Winograd's savings, where `work` has them
    steps: int = 10  # whose losses are compared
    tolerance: float = 1e-4  # of those, relative: sums in another order
    without: tuple = ()  # peers that have no program for this row


def network(header, name, batch, given, wanted="indices<10>", loss="cross_entropy"):
    return {"header": f'"../networks/{header}.hpp"', "network": f"networks::{name}", "batch": batch, "input": given,
            "target": wanted, "loss": f"ashlar::{loss}"}


def optimizer(rule, rate, momentum=0):
    members = f".learning_rate = {rate}f" + (f", .momentum = {momentum}f" if momentum else "")
    return {"optimizer": f"ashlar::{rule}{{{members}}}"}


def updated(flop, parameters, rule, momentum=0):
    """A step: SGD's update goes beside the arithmetic that makes the gradient; others read and write slots besides."""
    if rule == "sgd" and not momentum:
        return [Work(flop, 12 * parameters, 4 * parameters)]
    slots = 1 if rule == "sgd" else 2
    return [Work(flop), Work(0, 8 * parameters * (1 + slots), 4 * parameters * (1 + slots))]


def products(widths):
    return [a * b for a, b in zip(widths, widths[1:])]


def dense_flop(batch, widths, training):
    """Of all products; the first layer's input needs no gradient."""
    all_of = products(widths)
    return 2 * batch * (3 * sum(all_of) - all_of[0] if training else sum(all_of))


def mlp(name, widths, batch, rule, rate, goals, loss="cross_entropy"):
    inputs, outputs = widths[0], widths[-1]
    target = f"samples<{outputs}>" if loss == "mse" else f"indices<{outputs}>"
    parameters = sum(products(widths)) + sum(widths[1:])
    return Row("train", {"task": "train", "network": name, "widths": widths, "batch": batch, "rule": rule, "rate": rate,
                         "loss": loss},
               updated(dense_flop(batch, widths, True), parameters, rule), goals,
               network("mlp", f"mlp<{', '.join(map(str, widths[1:]))}>", batch, f"samples<{inputs}>", target, loss)
               | optimizer(rule, rate))


def gemm(m, k, n, goal):
    return Row("gemm", {"task": "gemm", "m": m, "k": k, "n": n}, [Work(2 * m * k * n)], {1: goal},
               {"m": m, "k": k, "n": n, "batch": m})


# (channels in, out, kernel, side of the results, stride)
LENET = [(1, 6, 5, 28, 1), (6, 16, 5, 10, 1)]
VGG16 = [(3, 64, 3, 224, 1), (64, 64, 3, 224, 1), (64, 128, 3, 112, 1), (128, 128, 3, 112, 1), (128, 256, 3, 56, 1),
         *[(256, 256, 3, 56, 1)] * 2, (256, 512, 3, 28, 1), *[(512, 512, 3, 28, 1)] * 2, *[(512, 512, 3, 14, 1)] * 3]
RESNET18 = [(3, 64, 3, 32, 1), *[(64, 64, 3, 32, 1)] * 4]
for width, side in (128, 16), (256, 8), (512, 4):
    RESNET18 += [(width // 2, width, 3, side, 2), *[(width, width, 3, side, 1)] * 3, (width // 2, width, 1, side, 2)]


def convolutions(layers, batch, training, winograd):
    """Winograd's F(4x4, 3x3) has a quarter of the products; each pass reads one image and writes another at least. Its
    transformations are not counted."""
    flop = bytes_moved = 0
    for number, (channels, out, kernel, side, stride) in enumerate(layers):
        passes = (3 if number else 2) if training else 1
        saved = 4 if winograd and kernel == 3 and stride == 1 and channels > 3 else 1
        flop += 2 * passes * batch * channels * out * kernel**2 * side**2 / saved
        bytes_moved += 4 * passes * batch * side**2 * (out + channels * stride**2)
    return [Work(flop), Work(0, bytes_moved, bytes_moved / 2)] if winograd else [Work(flop)]


LENET_DENSE, VGG16_DENSE = (400, 120, 84, 10), (25088, 4096, 4096, 1000)
VGG16_INPUT = "samples<3, 224, 224>"


def vgg16_parameters():
    return sum(products(VGG16_DENSE)) + sum(i * o * 9 for i, o, *_ in VGG16)


def vgg16_inference(winograd, dense):
    flop = dense_flop(1, VGG16_DENSE, False)
    return convolutions(VGG16, 1, False, winograd) + ([Work(flop, 2 * flop, 2 * flop)] if dense else [])


def vgg16_training(winograd):
    flop = dense_flop(8, VGG16_DENSE, True) + 2 * 8 * products(VGG16_DENSE)[0]
    return convolutions(VGG16, 8, True, winograd) + updated(flop, vgg16_parameters(), "sgd")


def resnet18_training(winograd):
    return convolutions(RESNET18, 64, True, winograd) + updated(0, 11_173_962, "sgd", 0.9)[1:]


def lenet_work(batch, training):
    conv, = convolutions(LENET, batch, training, False)
    dense = dense_flop(batch, LENET_DENSE, training) + (2 * batch * products(LENET_DENSE)[0] if training else 0)
    return [Work(conv.flop + dense)]


def gpt_flop(batch, blocks, width, context, tokens):
    return 3 * batch * context * (blocks * (24 * width**2 + 4 * context * width) + 2 * width * tokens)


def lstm_flop(batch, steps, width):
    gates = 8 * batch * steps * width * width  # one product of all gates
    return 3 * 2 * gates - gates


NO_SEQUENCE = "JAX", "onnxruntime", "OpenVINO"  # peers that know sequences of layers alone

ROWS = {
    "gemm-64x784x128": gemm(64, 784, 128, 76),
    "gemm-512": gemm(512, 512, 512, 1600),
    "gemm-1024": gemm(1024, 1024, 1024, 13400),
    "mlp-sgd-b1": mlp("mlp128", (784, 128, 10), 1, "sgd", 0.01, {1: 13.5}),
    "mlp-sgd-b32": mlp("mlp128", (784, 128, 10), 32, "sgd", 0.01, {1: 85, 2: 50}),
    "mlp-sgd-b256": mlp("mlp128", (784, 128, 10), 256, "sgd", 0.01, {1: 670, 2: 380}),
    "mlp-adam-b32": mlp("mlp128", (784, 128, 10), 32, "adam", 0.001, {1: 125}),
    "mlp-512-adam-b64": mlp("mlp", (784, 512, 512, 10), 64, "adam", 0.001, {1: 1900}),
    "policy-infer-b1": Row(
        "infer", {"task": "infer", "network": "policy", "widths": (16, 64, 64, 4), "batch": 1},
        [Work(dense_flop(1, (16, 64, 64, 4), False))], {1: 0.13}, network("mlp", "mlp<64, 64, 4>", 1, "samples<16>")),
    "policy-adam-b32": mlp("policy", (16, 64, 64, 4), 32, "adam", 0.001, {1: 9}, "mse"),
    "lenet-sgd-b64": Row(
        "train", {"task": "train", "network": "lenet", "batch": 64, "rule": "sgd", "rate": 0.01},
        lenet_work(64, True), {1: 1800},
        network("lenet", "lenet", 64, "samples<1, 28, 28>") | optimizer("sgd", 0.01)),
    "lenet-infer-b1": Row(
        "infer", {"task": "infer", "network": "lenet", "batch": 1}, lenet_work(1, False), {1: 15},
        network("lenet", "lenet", 1, "samples<1, 28, 28>")),
    "vgg16-conv-fwd-b1": Row(
        "infer", {"task": "infer", "network": "vgg16_features", "batch": 1}, vgg16_inference(True, False), {1: 80e3},
        network("vgg16", "vgg16_features", 1, VGG16_INPUT), vgg16_inference(False, False), steps=2),
    "vgg16-infer-b1": Row(
        "infer", {"task": "infer", "network": "vgg16", "batch": 1}, vgg16_inference(True, True), {1: 115e3, 2: 65e3},
        network("vgg16", "vgg16_without_dropout", 1, VGG16_INPUT), vgg16_inference(False, True), steps=2),
    "vgg16-sgd-b8": Row(
        "train", {"task": "train", "network": "vgg16", "batch": 8, "rule": "sgd", "rate": 0.001}, vgg16_training(True),
        {1: 2.1e6, 2: 1.15e6},
        network("vgg16", "vgg16_without_dropout", 8, VGG16_INPUT, "indices<1000>") | optimizer("sgd", 0.001),
        vgg16_training(False), steps=2, tolerance=1e-3),
    "resnet18-sgd-b64": Row(
        "train", {"task": "train", "network": "resnet18", "batch": 64, "rule": "sgd", "rate": 0.01, "momentum": 0.9},
        resnet18_training(True), {1: 850e3},
        network("resnet18", "resnet18::network", 64, "samples<3, 32, 32>") | optimizer("sgd", 0.01, 0.9),
        resnet18_training(False), steps=3, tolerance=1e-3, without=NO_SEQUENCE),
    "lstm-adam-b32": Row(
        "train", {"task": "train", "network": "lstm", "batch": 32, "steps": 32, "width": 128, "rule": "adam",
                  "rate": 0.001},
        updated(lstm_flop(32, 32, 128), 8 * 128 * 128 + 8 * 128 + 1290, "adam"), {1: 5500},
        network("lstm", "lstm<32, 128, 128, 10>::network", 32, "samples<32, 128>") | optimizer("adam", 0.001),
        without=NO_SEQUENCE),
    "gpt-adamw-b16": Row(
        "train", {"task": "train", "network": "gpt", "batch": 16, "blocks": 4, "width": 128, "heads": 4, "context": 128,
                  "tokens": 256, "rule": "adamw", "rate": 0.0003},
        updated(gpt_flop(16, 4, 128, 128, 256), 875_264, "adamw"), {1: 88e3},
        network("gpt", "gpt<4, 128, 4, 128, 256, false>::network", 16, "indices<256, 128>", "indices<256, 128>")
        | optimizer("adamw", 0.0003), steps=4, without=NO_SEQUENCE),
}
