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

write(FOLDER / "cases.safetensors", cases)
print(len({name.split(".")[0] for name in cases}), "cases")
