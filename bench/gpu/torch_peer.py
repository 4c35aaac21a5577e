# SPDX-License-Identifier: MIT
"""PyTorch's side of bench/run gpu: torch_peer.py SPEC (eager|compiled|graph) (fp32|tf32|bf16) (cuda|cpu).

`compiled` is torch.compile(mode="max-autotune"); `graph` records whole steps, update included, in CUDA graphs. Networks
with convolutions are channels_last but in fp32; bf16 is autocast. Data lie on the device."""

import contextlib

import torch
from torch import nn
from torch.nn import functional

from peer import BATCHES, DEVICE, NETWORKS, PRECISION, SPEC, VARIANT, obey, parameters, rows, samples

torch.backends.cuda.matmul.allow_tf32 = PRECISION != "fp32"
torch.backends.cudnn.allow_tf32 = PRECISION != "fp32"
torch.backends.cudnn.benchmark = True


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def recorded(work, pool=None):
    """A CUDA graph of work(), and what it returned."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, pool=pool):
        result = work()
    return graph, result


def warmed(work, times):
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(times):
            work()
    torch.cuda.current_stream().wait_stream(stream)


def network(layers, inputs):
    modules, shape = [], list(inputs)
    for kind, *extents in layers:
        if kind == "conv":
            modules.append(nn.Conv2d(shape[0], extents[0], 3, padding=1))
            shape[0] = extents[0]
        elif kind == "linear":
            modules.append(nn.Linear(shape[0], extents[0]))
            shape = [extents[0]]
        elif kind == "pool":
            modules.append(nn.MaxPool2d(2))
            shape = [shape[0], shape[1] // 2, shape[2] // 2]
        elif kind == "flatten":
            modules.append(nn.Flatten())
            shape = [shape[0] * shape[1] * shape[2]]
        else:
            modules.append(nn.ReLU())
    return nn.Sequential(*modules)


def train():
    sample, classes, layers, (rule, rate) = NETWORKS[SPEC["network"]]
    convolutional = any(kind == "conv" for kind, *_ in layers)
    memory = torch.channels_last if convolutional and PRECISION != "fp32" else torch.contiguous_format
    net = network(layers, sample).to(DEVICE, memory_format=memory)
    start = [torch.from_numpy(values).to(DEVICE) for _, values in parameters(sample, layers)]

    def reset():
        with torch.no_grad():
            for p, values in zip(net.parameters(), start, strict=True):
                p.copy_(values)
            for state in optimizer.state.values():
                for value in state.values():
                    if torch.is_tensor(value):
                        value.zero_()

    if rule == "adam":
        fast = {"fused": True, "capturable": VARIANT == "graph"} if DEVICE == "cuda" else {}
        optimizer = torch.optim.Adam(net.parameters(), lr=rate, **fast)
    else:
        fast = {"fused": True} if DEVICE == "cuda" else {}
        optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, **fast)
    reset()
    x, y = (torch.from_numpy(values).to(DEVICE) for values in samples(sample, classes))
    y = y.long()
    if convolutional:
        x = x.contiguous(memory_format=memory)
    batches = list(zip(x.split(SPEC["batch"]), y.split(SPEC["batch"])))
    cast = (lambda: torch.autocast(DEVICE, torch.bfloat16)) if PRECISION == "bf16" else contextlib.nullcontext

    def forward(x, y):
        with cast():
            return functional.cross_entropy(net(x), y)

    if VARIANT == "compiled":
        forward = torch.compile(forward, mode="max-autotune")

    def step_on(x, y):
        optimizer.zero_grad(set_to_none=True)
        loss = forward(x, y)
        loss.backward()
        optimizer.step()
        return loss

    position = 0
    if VARIANT == "graph":
        warmed(lambda: step_on(*batches[0]), 3)
        graphs, pool = [], torch.cuda.graph_pool_handle()
        for batch in batches:
            graphs.append(recorded(lambda: step_on(*batch), pool))
        reset()

        def step():
            nonlocal position
            graph, loss = graphs[position]
            position = (position + 1) % BATCHES
            graph.replay()
            return loss
    else:

        def step():
            nonlocal position
            x, y = batches[position]
            position = (position + 1) % BATCHES
            return step_on(x, y)

    def run(times):
        for _ in range(times):
            step()
        wait()

    obey(torch.__version__, lambda: step().item(), run)


def repeat_rows():
    x = torch.from_numpy(rows()).to(DEVICE)
    kinds = {"softmax": lambda x: torch.softmax(x, -1),
             "layer_norm": lambda x: functional.layer_norm(x, (x.shape[-1],)),
             "chain": lambda x: torch.relu(torch.tanh(x * 1.5 + 0.25)) - 0.125 * x}
    f = kinds[SPEC["kind"]]
    if VARIANT == "compiled":  # whose own graphs would copy what they are given
        f = torch.compile(f, mode="max-autotune-no-cudagraphs")

    def often(x, times):
        for _ in range(times):
            x = f(x)
        return x

    value = torch.square(often(x, 2)).sum().item()
    together = 16
    if VARIANT == "graph":
        warmed(lambda: often(x, 2), 1)
        graph, _ = recorded(lambda: often(x, together))

        def run(times):
            replays = -(-times // together)
            for _ in range(replays):
                graph.replay()
            wait()
            return replays * together
    else:

        def run(times):
            often(x, times)
            wait()

    obey(torch.__version__, lambda: value, run)


with torch.no_grad() if "kind" in SPEC else contextlib.nullcontext():
    repeat_rows() if "kind" in SPEC else train()
