#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what PyTorch computes: cases.safetensors, and state_dict.safetensors with the names of a state_dict.

Run with Debian's python3-torch: /usr/bin/python3 tests/reference/make_cases.py
Every input is a float32; PyTorch computes on it in float64, and its results are rounded to float32 once. A tensor is
called CASE.FIELD. The loss of a case is sum(output * upstream), so that incoming gradients are random numbers.
"""
import json
import pathlib
import struct

import torch
from torch import nn
from torch.nn import functional

FOLDER = pathlib.Path(__file__).resolve().parent
DTYPES = {torch.float32: "F32", torch.int32: "I32", torch.int64: "I64"}
torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
cases = {}


def write(path, tensors):
    # The reference's order: by alignment, widest first, then by name.
    ordered = sorted(tensors.items(), key=lambda kv: (-kv[1].element_size(), str(kv[1].dtype), kv[0]))
    header, data = {}, b""
    for name, tensor in ordered:
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {
            "dtype": DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    print(f"{path.name}: {len(tensors)} tensors, {8 + len(text) + len(data)} bytes")


def put(case, **fields):
    for name, tensor in fields.items():
        if tensor.dtype == torch.float64:
            tensor = tensor.to(torch.float32)
        assert tensor.dtype in DTYPES and f"{case}.{name}" not in cases
        cases[f"{case}.{name}"] = tensor.detach().clone()


def normal(*shape):
    return torch.randn(shape).to(torch.float32).double()


def rounded(x):
    return x.to(torch.float32).double()


def round_parameters(net):
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(p.to(torch.float32).double())


def layer(case, net, x, running=False):
    """Output and gradients of one layer; for batch_norm also its statistics before and after."""
    for p in net.parameters():
        p.data = normal(*p.shape)
    if running:
        net.running_mean.copy_(normal(*net.running_mean.shape))
        net.running_var.copy_(normal(*net.running_var.shape).abs() + 0.5)
        put(case, running_mean=net.running_mean, running_var=net.running_var)
        net.eval()
        put(case, eval_output=net(x))
        net.train()
    x.requires_grad_()
    y = net(x)
    upstream = normal(*y.shape)
    (y * upstream).sum().backward()
    put(case, input=x, upstream=upstream, output=y, grad_input=x.grad)
    for name, p in net.named_parameters():
        put(case, **{name: p, "grad_" + name: p.grad})
    if running:
        put(case, after_running_mean=net.running_mean, after_running_var=net.running_var)


layer("conv2d_odd", nn.Conv2d(2, 3, 3), normal(2, 2, 7, 5))
layer("conv2d_stride", nn.Conv2d(3, 2, 3, stride=2), normal(2, 3, 7, 7))
layer("conv2d_padding", nn.Conv2d(1, 4, 3, padding=1), normal(3, 1, 5, 5))
layer("conv2d_both", nn.Conv2d(2, 3, 3, stride=(2, 1), padding=(1, 2)), normal(2, 2, 6, 9))
layer("conv2d_even", nn.Conv2d(3, 5, 2, stride=3), normal(3, 3, 8, 7))
layer("conv2d_pointwise", nn.Conv2d(5, 3, 1), normal(2, 5, 3, 4))
layer("linear_2d", nn.Linear(7, 5), normal(3, 7))
layer("linear_3d", nn.Linear(5, 3), normal(2, 4, 5))
layer("max_pool2d_2", nn.MaxPool2d(2), normal(2, 3, 6, 5))
layer("max_pool2d_3", nn.MaxPool2d(3, stride=2, padding=1), normal(2, 2, 7, 9))
layer("batch_norm_flat", nn.BatchNorm1d(5), normal(6, 5) * 2 + 1, running=True)
layer("batch_norm_sequence", nn.BatchNorm1d(3), normal(4, 3, 5) * 2 - 1, running=True)
layer("batch_norm_image", nn.BatchNorm2d(3), normal(4, 3, 3, 5) * 3 + 2, running=True)
layer("layer_norm", nn.LayerNorm(9), normal(4, 9) * 2 + 1)
layer("layer_norm_3d", nn.LayerNorm(6), normal(2, 3, 6))


def function(case, f, *inputs):
    """Output and gradients of a function of one tensor or two."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    y = f(*leaves)
    upstream = normal(*y.shape)
    gradients = torch.autograd.grad((y * upstream).sum(), leaves)
    for k, (x, d) in enumerate(zip(leaves, gradients)):
        put(case, **{f"input{k}": x, f"grad{k}": d})
    put(case, upstream=upstream, output=y)


positive = normal(3, 7).abs() + 0.25
positive = positive.to(torch.float32).double()
for name in ("tanh", "sigmoid", "relu", "exp", "abs"):
    function(name, getattr(torch, name), normal(3, 7))
for name in ("log", "sqrt", "rsqrt"):
    function(name, getattr(torch, name), positive)
for name in ("softmax", "log_softmax"):
    function(name, lambda x: getattr(functional, name)(x, dim=-1), normal(4, 6) * 3)
function("log_softmax_3d", lambda x: functional.log_softmax(x, dim=-1), normal(2, 3, 5))
function("maximum", torch.maximum, normal(4, 5), normal(4, 5))
function("minimum", torch.minimum, normal(4, 5), normal(4, 5))
function("maximum_broadcast", torch.maximum, normal(4, 5), normal(5))
ties = torch.tensor([[1.0, 2, 2, 0], [3, 3, 3, 1]])
function("max_ties", lambda x: torch.amax(x, 1), ties)
function("maximum_ties", torch.maximum, ties, torch.tensor([[1.0, 2, 1, 1], [3, 0, 4, 1]]))
function("sum_all", torch.sum, normal(2, 3, 5))
function("sum_last", lambda x: x.sum(-1), normal(2, 3, 5))
function("sum_first_last", lambda x: x.sum((0, 2)), normal(2, 3, 5))
function("mean_first", lambda x: x.mean(0), normal(2, 3, 5))
function("mean_middle", lambda x: x.mean(1), normal(2, 3, 5))
function("max_last", lambda x: x.amax(-1), normal(2, 3, 5))
function("max_first", lambda x: x.amax(0), normal(2, 3, 5))
function("max_all", lambda x: x.amax(), normal(2, 3, 5))
function("matmul_2d", torch.matmul, normal(3, 5), normal(5, 4))
function("matmul_odd", torch.matmul, normal(1, 17), normal(17, 33))
function("matmul_batched", torch.matmul, normal(2, 3, 5), normal(2, 5, 4))
function("broadcast_row", lambda a, b: a * b + b, normal(3, 4), normal(4))
function("broadcast_both", lambda a, b: a * b - a, normal(3, 1, 5), normal(1, 4, 1))
function("divide", torch.div, normal(3, 4), normal(3, 1).abs() + 0.5)
function("global_avg_pool", lambda x: functional.adaptive_avg_pool2d(x, 1).flatten(1), normal(3, 4, 5, 3))
function("permute", lambda x: x.permute(2, 0, 1), normal(2, 3, 4))

logits, labels = normal(5, 4) * 2, torch.tensor([0, 3, 1, 1, 2])
leaf = logits.clone().requires_grad_()
loss = functional.cross_entropy(leaf, labels)
put("cross_entropy", input0=logits, labels=labels.int(), output=loss, grad0=torch.autograd.grad(loss * 1.5, leaf)[0])
logits, labels = normal(2, 3, 4), torch.tensor([[0, 3, 1], [1, 2, 0]])
leaf = logits.clone().requires_grad_()
loss = functional.cross_entropy(leaf.reshape(6, 4), labels.reshape(6))
put("cross_entropy_3d", input0=logits, labels=labels.int(), output=loss, grad0=torch.autograd.grad(loss * 1.5, leaf)[0])
function("mse", functional.mse_loss, normal(4, 3), normal(4, 3))

# Second order: the gradient of |gradient|^2.
x, w = normal(3, 4).requires_grad_(), normal(4, 5).requires_grad_()
first = torch.autograd.grad(torch.tanh(x @ w).square().sum(), x, create_graph=True)[0]
size = first.square().sum()
put("gradient_of_gradient", input0=x, input1=w, first=first, output=size)
put("gradient_of_gradient", **{f"grad{k}": d for k, d in enumerate(torch.autograd.grad(size, (x, w)))})
x = normal(3, 4).requires_grad_()
upstream = normal(3, 4)
first = torch.autograd.grad((functional.log_softmax(torch.sigmoid(x) * 3, -1) * upstream).sum(), x, create_graph=True)[0]
size = first.square().sum()
put("gradient_of_softmax_gradient", input0=x, upstream=upstream, first=first, output=size)
put("gradient_of_softmax_gradient", grad0=torch.autograd.grad(size, x)[0])


def train(case, net, optimizer, inputs, labels, rows=None, penalty=0.0):
    """Steps on slices of the inputs; keeps losses, and parameters and states before and after."""
    round_parameters(net)
    put(case, input=inputs, labels=labels.int())
    put(case, **{"before." + k: v for k, v in net.state_dict().items()})
    optimizer = optimizer(net.parameters())
    losses = []
    for step in range(5):
        count = rows[step] if rows else len(inputs)
        x = inputs[:count].clone().requires_grad_()
        loss = functional.cross_entropy(net(x), labels[:count])
        if penalty:
            loss = loss + penalty * torch.autograd.grad(loss, x, create_graph=True)[0].square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    put(case, losses=torch.stack(losses))
    put(case, **{"after." + k: v for k, v in net.state_dict().items()})


def mlp():
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(12, 3))


batch, classes = normal(6, 4), torch.tensor([0, 2, 1, 1, 0, 2])
train("sgd", mlp(), lambda p: torch.optim.SGD(p, lr=0.1), batch, classes)
train("sgd_momentum", mlp(), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), batch, classes)
train("sgd_weight_decay", mlp(), lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.25), batch, classes)
train("sgd_both", mlp(), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.5, weight_decay=0.25), batch, classes)
train("adam", mlp(), lambda p: torch.optim.Adam(p, lr=0.01), batch, classes)
train("adam_weight_decay", mlp(), lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.25), batch, classes)
train("adamw", mlp(), lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.25), batch, classes)
train("gradient_penalty", mlp(), lambda p: torch.optim.SGD(p, lr=0.1), batch, classes, penalty=0.5)
images = normal(4, 1, 4, 4)
train("cnn", cnn(), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), images, classes[:4])
train("partial_batches", cnn(), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), images, classes[:4],
      rows=[3, 4, 1, 2, 3])

# A state_dict in a file of its own, and what that network predicts.
torch.set_default_dtype(torch.float32)
net = nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                    nn.Linear(16, 6), nn.LayerNorm(6), nn.Tanh(), nn.Linear(6, 3), nn.Sigmoid())
for _ in range(3):
    net(torch.randn(4, 2, 8, 8) * 2 + 1)
write(FOLDER / "state_dict.safetensors", net.state_dict())
x = torch.randn(5, 2, 8, 8)
net.double().eval()
put("state_dict", input=x, output=net(x.double()))

torch.set_default_dtype(torch.float64)

# Below, cases of the oracle: second gradients, too. With s = sum(output * upstream) and t = sum over inputs and
# parameters of sum(gradient of s * direction), `secondK` and `second_NAME` are the gradients of t.
def second_order(case, y, leaves, names):
    upstream = normal(*y.shape)
    first = torch.autograd.grad((y * upstream).sum(), leaves, create_graph=True)
    directions = [normal(*x.shape) for x in leaves]
    total = sum((d * n).sum() for d, n in zip(first, directions))
    second = torch.autograd.grad(total, leaves, allow_unused=True) if total.requires_grad else [None] * len(leaves)
    put(case, upstream=upstream, output=y)
    for name, x, d, n, dd in zip(names, leaves, first, directions, second):
        put(case, **{"grad" + name: d, "direction" + name: n,
                     "second" + name: torch.zeros_like(x) if dd is None else dd})


def twice(case, f, *inputs, indices=None):
    """A function of tensors and, at last, of indices."""
    leaves = [rounded(x).requires_grad_() for x in inputs]
    put(case, **{f"input{k}": x for k, x in enumerate(leaves)})
    if indices is not None:
        put(case, labels=indices.int())
    second_order(case, f(*leaves) if indices is None else f(*leaves, indices), leaves, map(str, range(len(leaves))))


def layer_twice(case, net, x):
    for p in net.parameters():
        p.data = normal(*p.shape)
    x = rounded(x).requires_grad_()
    put(case, input=x, **dict(net.named_parameters()))
    second_order(case, net(x), [x, *net.parameters()], ["_input", *("_" + n for n, _ in net.named_parameters())])


layer_twice("conv2d_dilated", nn.Conv2d(2, 3, 3, dilation=2, padding=1), normal(2, 2, 6, 5))
layer_twice("conv2d_groups", nn.Conv2d(4, 6, 3, groups=2, stride=2, padding=1), normal(2, 4, 5, 6))
layer_twice("conv2d_depthwise", nn.Conv2d(3, 3, 2, groups=3, bias=False), normal(2, 3, 4, 4))
layer_twice("conv1d", nn.Conv1d(3, 4, 3), normal(2, 3, 7))
layer_twice("conv1d_stride", nn.Conv1d(2, 3, 4, stride=3, padding=2), normal(2, 2, 9))
layer_twice("conv1d_dilated_groups", nn.Conv1d(4, 2, 3, dilation=2, groups=2, padding=1), normal(2, 4, 8))
layer_twice("conv_transpose2d", nn.ConvTranspose2d(2, 3, 3), normal(2, 2, 3, 4))
layer_twice("conv_transpose2d_stride", nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1),
            normal(2, 3, 3, 2))
layer_twice("conv_transpose2d_groups", nn.ConvTranspose2d(4, 6, 2, groups=2, dilation=2, bias=False),
            normal(2, 4, 3, 3))
layer_twice("conv_transpose1d", nn.ConvTranspose1d(3, 2, 4, stride=3, padding=1), normal(2, 3, 4))
layer_twice("avg_pool2d", nn.AvgPool2d(2), normal(2, 3, 4, 5))
layer_twice("avg_pool2d_padding", nn.AvgPool2d(3, stride=2, padding=1), normal(2, 2, 5, 6))
layer_twice("avg_pool2d_exclude", nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), normal(2, 2, 5, 6))
layer_twice("avg_pool1d", nn.AvgPool1d(3, stride=2, padding=1), normal(2, 2, 8))
layer_twice("max_pool1d", nn.MaxPool1d(3, stride=2, padding=1), normal(2, 2, 8))
layer_twice("max_pool2d_dilated", nn.MaxPool2d(2, stride=1, dilation=2), normal(2, 2, 5, 6))
layer_twice("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d((3, 2)), normal(2, 2, 7, 5))
layer_twice("adaptive_max_pool2d", nn.AdaptiveMaxPool2d((3, 2)), normal(2, 2, 7, 5))
layer_twice("adaptive_avg_pool1d", nn.AdaptiveAvgPool1d(3), normal(2, 2, 7))
layer_twice("adaptive_max_pool1d", nn.AdaptiveMaxPool1d(3), normal(2, 2, 7))
layer_twice("no_bias", nn.Linear(5, 3, bias=False), normal(3, 5))

wide = normal(4, 9) * 3
for name, f in {
    "leaky_relu": functional.leaky_relu,
    "leaky_relu_slope": lambda x: functional.leaky_relu(x, 0.2),
    "elu": functional.elu,
    "elu_alpha": lambda x: functional.elu(x, 0.5),
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "softplus": functional.softplus,
    "softplus_beta": lambda x: functional.softplus(x, beta=2),
    "hardtanh": functional.hardtanh,
    "relu6": functional.relu6,
    "softmax_first": lambda x: functional.softmax(x, 0),
    "log_softmax_last": lambda x: functional.log_softmax(x, 1),
    "expm1": torch.expm1,
    "sin": torch.sin,
    "cos": torch.cos,
    "erf": torch.erf,
    "clamp": lambda x: torch.clamp(x, -1.5, 2),
    "floor": lambda x: x * torch.floor(x).detach(),
    "cumsum": lambda x: torch.cumsum(x, 1),
    "cumsum_first": lambda x: torch.cumsum(x, 0),
    "flip": lambda x: torch.flip(x, (0, 1)),
    "roll": lambda x: torch.roll(x, 2, 1),
    "slice": lambda x: x[1:, 2:8:3],
    "pad": lambda x: functional.pad(x, (1, 2), value=0.5),
    "power_cube": lambda x: x**3,
    "argmax": lambda x: x * torch.argmax(x, 1, keepdim=True),
    "argmin": lambda x: x * torch.argmin(x, 0, keepdim=True),
    "smallest": lambda x: torch.amin(x, 1),
}.items():
    twice(name, f, wide)
positive = rounded(normal(4, 9).abs() + 0.25)
twice("log1p", torch.log1p, positive)
twice("pow", torch.pow, positive, normal(4, 9))
twice("concat", lambda a, b: torch.cat((a, b), 1), normal(3, 4), normal(3, 2))
twice("concat_three", lambda a, b, c: torch.cat((a, b, c), 0), normal(1, 4), normal(3, 4), normal(2, 4))
twice("stack", lambda a, b: torch.stack((a, b), 1), normal(3, 4), normal(3, 4))
twice("gather", lambda x, i: torch.gather(x, 1, i), normal(3, 5), indices=torch.randint(5, (3, 4)))
twice("scatter_add", lambda x, v, i: x.scatter_add(1, i, v), normal(3, 5), normal(3, 4),
      indices=torch.randint(5, (3, 4)))
twice("embedding", lambda w, i: functional.embedding(i, w), normal(6, 4), indices=torch.randint(6, (2, 3)))
twice("one_hot", lambda x, i: x * functional.one_hot(i, 6), normal(4, 6), indices=torch.randint(6, (4,)))

labels, weights = torch.tensor([0, 3, 1, 1, 2]), torch.tensor([1, 0.5, 2, 3])
for name, options in {
    "smoothing": {"label_smoothing": 0.1},
    "weights": {"weight": weights},
    "ignored": {"ignore_index": 1},
    "sum": {"reduction": "sum"},
    "none": {"reduction": "none"},
    "smoothing_weights": {"label_smoothing": 0.25, "weight": weights},
    "everything": {"label_smoothing": 0.25, "weight": weights, "ignore_index": 1},
    "everything_sum": {"label_smoothing": 0.25, "weight": weights, "ignore_index": 1, "reduction": "sum"},
    "everything_none": {"label_smoothing": 0.25, "weight": weights, "ignore_index": 1, "reduction": "none"},
}.items():
    twice("cross_entropy_" + name, lambda x, i: functional.cross_entropy(x, i, **options), normal(5, 4) * 2,
          indices=labels)
for name, options in {"plain": {}, "weights": {"weight": weights}, "ignored": {"weight": weights, "ignore_index": 1},
                      "sum": {"weight": weights, "reduction": "sum"}, "none": {"reduction": "none"}}.items():
    twice("nll_" + name, lambda x, i: functional.nll_loss(x, i, **options), normal(5, 4), indices=labels)
for loss, f in {"mse": functional.mse_loss, "mae": functional.l1_loss, "huber": functional.huber_loss,
                "binary": functional.binary_cross_entropy_with_logits}.items():
    for reduction in ("mean", "sum", "none"):
        targets = normal(5, 4).abs().clamp(0, 1) if loss == "binary" else normal(5, 4)
        # Of numbers and fixed targets; the targets' gradients are not asked for.
        x = normal(5, 4) * 2
        put(f"{loss}_{reduction}", targets=targets)
        twice(f"{loss}_{reduction}", lambda x: f(x, targets, reduction=reduction), x)
targets = normal(5, 4).abs().clamp(0, 1)
put("huber_delta", targets=targets)
twice("huber_delta", lambda x: functional.huber_loss(x, targets, delta=0.5), normal(5, 4) * 2)
put("binary_weighted", targets=targets)
twice("binary_weighted", lambda x: functional.binary_cross_entropy_with_logits(
    x, targets, pos_weight=torch.tensor(3.0)), normal(5, 4) * 2)


class Residual(nn.Sequential):
    """x + layers(x), or shortcut(x) + layers(x)."""

    def __init__(self, *layers, shortcut=None):
        super().__init__(*layers)
        self.count = len(layers)
        if shortcut:
            self.shortcut = shortcut

    def forward(self, x):
        y = x
        for k in range(self.count):
            y = self[k](y)
        return y + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class Branches(nn.ModuleList):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


layer_twice("residual", Residual(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4)), normal(3, 4))
layer_twice("residual_shortcut", Residual(nn.Linear(4, 5), nn.Tanh(), shortcut=nn.Linear(4, 5, bias=False)),
            normal(3, 4))
layer_twice("branches", Branches([nn.Conv2d(2, 3, 1), nn.Sequential(nn.Conv2d(2, 1, 3, padding=1), nn.Tanh())]),
            normal(2, 2, 3, 4))
train("residual_network", nn.Sequential(nn.Linear(4, 5), Residual(nn.Tanh(), nn.Linear(5, 5)),
                                        Residual(nn.Linear(5, 3), nn.Tanh(), shortcut=nn.Linear(5, 3))),
      lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), batch, classes)
train("nesterov", mlp(), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.25), batch,
      classes)
train("rmsprop", mlp(), lambda p: torch.optim.RMSprop(p, lr=0.01), batch, classes)
train("rmsprop_momentum", mlp(),
      lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5, weight_decay=0.25), batch, classes)
train("adagrad", mlp(), lambda p: torch.optim.Adagrad(p, lr=0.1), batch, classes)
train("adagrad_decay", mlp(), lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=0.5, weight_decay=0.25), batch, classes)

# How weights begin: the largest size and the standard deviation of many.
for name, net in {"linear": nn.Linear(100, 200), "conv2d": nn.Conv2d(32, 64, 3, groups=2), "conv1d": nn.Conv1d(40, 50, 5),
                  "conv_transpose2d": nn.ConvTranspose2d(40, 30, 3), "conv_transpose1d": nn.ConvTranspose1d(60, 50, 5)}.items():
    put("initial_" + name, sizes=torch.stack([net.weight.abs().max(), net.weight.std()]))
for name in ("kaiming_uniform", "kaiming_normal", "xavier_uniform", "xavier_normal"):
    w = torch.empty(200, 100)
    getattr(nn.init, name + "_")(w, **({"nonlinearity": "relu"} if name.startswith("kaiming") else {}))
    put("initial_" + name, sizes=torch.stack([w.abs().max(), w.std()]))


# Training with what an exchange does between gradients and update: 12 batches, each seen once.
def exchange(case, optimizer, every=1, clip=None, clip_each=None):
    """Clips what `every` batches collect, or each batch's own gradients before they are added up."""
    net = mlp()
    round_parameters(net)
    inputs, labels = normal(12, 6, 4), torch.randint(3, (12, 6))
    put(case, input=inputs, labels=labels.int())
    put(case, **{"before." + k: v for k, v in net.state_dict().items()})
    optimizer = optimizer(net.parameters())
    parameters = list(net.parameters())
    losses, clipped = [], set()

    def clip_now(how):
        before = torch.cat([p.grad.flatten() for p in parameters])
        how(parameters)
        clipped.add(bool((torch.cat([p.grad.flatten() for p in parameters]) - before).abs().max() > 1e-4))

    for step in range(12):
        collected = [p.grad for p in parameters]
        loss = functional.cross_entropy(net(inputs[step]), labels[step])
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = gradient
        if clip_each:
            clip_now(clip_each)
        for p, before in zip(parameters, collected):
            p.grad = p.grad / every + (0 if before is None else before)
        if step % every == every - 1:
            if clip:
                clip_now(clip)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses.append(loss.detach())
    assert clipped == ({True, False} if clip or clip_each else set()), (case, clipped)
    put(case, losses=torch.stack(losses))
    put(case, **{"after." + k: v for k, v in net.state_dict().items()})


def norm_of(limit):
    return lambda parameters: nn.utils.clip_grad_norm_(parameters, limit)


def value_of(limit):
    return lambda parameters: nn.utils.clip_grad_value_(parameters, limit)


exchange("clip_by_norm", lambda p: torch.optim.SGD(p, lr=0.25, momentum=0.9), clip=norm_of(0.5))
exchange("clip_by_value", lambda p: torch.optim.Adam(p, lr=0.05), clip=value_of(0.25))
exchange("accumulate", lambda p: torch.optim.SGD(p, lr=0.25, momentum=0.9, weight_decay=0.125), every=4)
exchange("accumulate_then_clip", lambda p: torch.optim.Adam(p, lr=0.05), every=4, clip=norm_of(0.21875))
exchange("clip_then_accumulate", lambda p: torch.optim.AdamW(p, lr=0.05), every=3, clip_each=norm_of(0.5))



class TwoHeaded(nn.Module):
    """Two inputs, two outputs."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Tanh())
        self.meta, self.head, self.score = nn.Linear(4, 5), nn.Linear(5, 3), nn.Linear(5, 2)

    def forward(self, image, meta):
        h = self.trunk(image) + self.meta(meta)
        return self.head(h), self.score(h)


def train_two_heads(case):
    """Steps on partial batches, whose losses have another weight in every step."""
    net = TwoHeaded()
    round_parameters(net)
    image, meta, labels, values = normal(6, 1, 2, 3), normal(6, 4), torch.randint(0, 3, (6,)), normal(6, 2)
    put(case, image=image, meta=meta, labels=labels.to(torch.int32), values=values)
    put(case, **{"before." + k: v for k, v in net.state_dict().items()})
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for rows, weights in (6, (1, 0.5)), (4, (1, 0.5)), (6, (0.25, 2)), (1, (0.25, -0.5)), (5, (0, 1)):
        digit, value = net(image[:rows], meta[:rows])
        singles = functional.cross_entropy(digit, labels[:rows]), functional.mse_loss(value, values[:rows])
        loss = weights[0] * singles[0] + weights[1] * singles[1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(torch.stack([loss, *singles]).detach())
    digit, value = net(image, meta)
    put(case, losses=torch.stack(losses), digit=digit, value=value)
    put(case, **{"after." + k: v for k, v in net.state_dict().items()})


train_two_heads("two_heads")

write(FOLDER / "cases.safetensors", cases)
print(len({name.split(".")[0] for name in cases}), "cases")
