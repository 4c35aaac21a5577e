# SPDX-License-Identifier: MIT
"""PyTorch's networks: those of peer.py's table, and the ones that are no sequence of layers. Parameters have the names
that they have in networks/."""

import torch
from torch import nn
from torch.nn import functional

from peer import NETWORKS, SPEC, index_samples, samples, targets, with_extents


class Block(nn.Module):
    """A residual block of two convolutions; the shortcut of one that halves the image is a convolution."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        for name, layer in ("0", nn.Conv2d(inputs, width, 3, stride, 1, bias=False)), ("1", nn.BatchNorm2d(width)), \
                ("3", nn.Conv2d(width, width, 3, 1, 1, bias=False)), ("4", nn.BatchNorm2d(width)):
            self.add_module(name, layer)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        first, norm, second, last = (getattr(self, name) for name in ("0", "1", "3", "4"))
        y = last(second(functional.relu(norm(first(x)))))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


def resnet18():
    stages = []
    for inputs, width in (64, 128), (128, 256), (256, 512):
        stages += [Block(inputs, width, 2), Block(width, width, 1)]
    return nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
                         nn.Sequential(Block(64, 64, 1), Block(64, 64, 1)), *stages,
                         nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(512, 10))


class Embedding(nn.Module):
    def __init__(self, tokens, context, width):
        super().__init__()
        self.wte, self.wpe = nn.Parameter(torch.empty(tokens, width)), nn.Parameter(torch.empty(context, width))

    def forward(self, ids):
        return functional.embedding(ids, self.wte) + self.wpe


class Attention(nn.Module):
    """Causal, of `heads` heads, by PyTorch's fused function where it has one."""

    def __init__(self, width, heads, context):
        super().__init__()
        self.heads = heads
        self.add_module("0", nn.Linear(width, 3 * width))
        self.add_module("1", nn.Linear(width, width))
        later = torch.full((context, context), float("-inf")).triu(1)
        self.register_buffer("later", later, persistent=False)

    def forward(self, x):
        batch, context, width = x.shape
        joint, last = (getattr(self, name) for name in "01")
        query, key, content = (part.view(batch, context, self.heads, width // self.heads).transpose(1, 2)
                               for part in joint(x).split(width, 2))
        if hasattr(functional, "scaled_dot_product_attention"):
            mixed = functional.scaled_dot_product_attention(query, key, content, is_causal=True)
        else:
            scores = query @ key.transpose(-2, -1) * (width // self.heads) ** -0.5 + self.later
            mixed = scores.softmax(-1) @ content
        return last(mixed.transpose(1, 2).reshape(batch, context, width))


class Transformer(nn.Module):
    def __init__(self, width, heads, context, gelu="none"):
        super().__init__()
        self.attn = nn.Sequential(nn.LayerNorm(width), Attention(width, heads, context))
        self.mlp = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(gelu),
                                 nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(x)
        return x + self.mlp(x)


def gpt():
    blocks, width, heads, context, tokens = (SPEC[name] for name in ("blocks", "width", "heads", "context", "tokens"))
    return nn.Sequential(Embedding(tokens, context, width),
                         nn.Sequential(*(Transformer(width, heads, context) for _ in range(blocks))),
                         nn.LayerNorm(width), nn.Linear(width, tokens, bias=False))


class Gpt2(Embedding):
    """The head's weights are the embedding's."""

    def __init__(self):
        blocks, width, heads, context, tokens = (SPEC[name] for name in ("blocks", "width", "heads", "context", "tokens"))
        super().__init__(tokens, context, width)
        self.h = nn.Sequential(nn.Sequential(*(Transformer(width, heads, context, "tanh") for _ in range(blocks))),
                               nn.LayerNorm(width))

    def forward(self, ids):
        return functional.linear(self.h(super().forward(ids)), self.wte)


class LastState(nn.LSTM):
    def forward(self, x):
        return super().forward(x)[0][:, -1]


def lstm():
    width = SPEC["width"]
    return nn.Sequential(LastState(width, width, batch_first=True), nn.Linear(width, 10))


def sequence(name):
    modules, shape = [], NETWORKS[name][0]
    for _, kind, weight, padding, results in with_extents(*NETWORKS[name]):
        if kind == "conv":
            modules.append(nn.Conv2d(weight[1], weight[0], weight[2], padding=padding))
        elif kind == "linear":
            modules.append(nn.Linear(weight[1], weight[0]))
        else:
            modules.append({"pool": lambda: nn.MaxPool2d(2), "flatten": nn.Flatten, "relu": nn.ReLU}[kind]())
        shape = results
    return nn.Sequential(*modules), shape


def network(name):
    """(network, all inputs, all targets)"""
    if name == "resnet18":
        return resnet18(), samples((3, 32, 32)), index_samples(10)
    if name in ("gpt", "gpt2"):
        extents = SPEC["context"],
        return (gpt if name == "gpt" else Gpt2)(), index_samples(SPEC["tokens"], extents, stream=1000), index_samples(SPEC["tokens"], extents)
    if name == "lstm":
        return lstm(), samples((SPEC["steps"], SPEC["width"])), index_samples(10)
    net, outputs = sequence(name)
    return net, samples(NETWORKS[name][0]), targets(outputs)
