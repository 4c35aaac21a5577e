# SPDX-License-Identifier: MIT
"""PyTorch's side of bench/run: torch_peer.py SPEC VARIANT (fp32|tf32|bf16) (cuda|cpu).

Variants: eager; compiled, that is torch.compile(mode="max-autotune") on a GPU and torch.compile() on a CPU; graph, which
records whole steps, update included, in CUDA graphs; channels_last. On a GPU networks with convolutions are channels_last
but in fp32; bf16 is autocast. Data lie on the device."""

import contextlib

import torch
from torch.nn import functional

from peer import DEVICE, PRECISION, SPEC, VARIANT, in_turn, obey, operands, projections, repeated, rows, start_of
from torch_networks import network

if DEVICE == "cpu" and "threads" in SPEC:
    torch.set_num_threads(SPEC["threads"])
torch.backends.cuda.matmul.allow_tf32 = PRECISION != "fp32"
torch.backends.cudnn.allow_tf32 = PRECISION != "fp32"
torch.backends.cudnn.benchmark = True
MODE = {"mode": "max-autotune"} if DEVICE == "cuda" else {}


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


def model():
    """(network, batches of inputs and targets); it begins with its peers' numbers."""
    net, x, y = network(SPEC["network"])
    convolutional = any(p.dim() == 4 for p in net.parameters())
    last = VARIANT == "channels_last" or DEVICE == "cuda" and convolutional and PRECISION != "fp32"
    memory = torch.channels_last if last else torch.contiguous_format
    net = net.to(DEVICE, memory_format=memory)
    x, y = (torch.from_numpy(values).to(DEVICE) for values in (x, y))
    if convolutional:
        x = x.contiguous(memory_format=memory)
    if not y.is_floating_point():
        y = y.long()
    return net, list(zip(x.split(SPEC["batch"]), y.split(SPEC["batch"])))


def set_parameters(net):
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(torch.from_numpy(start_of(name, tuple(p.shape))))


def optimizer_of(net):
    fast = {"fused": True} if DEVICE == "cuda" else {}
    if SPEC["rule"] == "sgd":
        return torch.optim.SGD(net.parameters(), lr=SPEC["rate"], momentum=SPEC.get("momentum", 0), **fast)
    if DEVICE == "cuda":
        fast["capturable"] = VARIANT == "graph"
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[SPEC["rule"]]
    return kind(net.parameters(), lr=SPEC["rate"], **fast)


def train():
    net, batches = model()
    optimizer = optimizer_of(net)

    def reset():
        set_parameters(net)
        with torch.no_grad():
            for state in optimizer.state.values():
                for value in state.values():
                    if torch.is_tensor(value):
                        value.zero_()

    reset()
    cast = (lambda: torch.autocast(DEVICE, torch.bfloat16)) if PRECISION == "bf16" else contextlib.nullcontext

    def forward(x, y):
        with cast():
            outputs = net(x)
            if SPEC.get("loss") == "mse":
                return functional.mse_loss(outputs, y)
            return functional.cross_entropy(outputs.flatten(0, -2), y.flatten())

    if VARIANT == "compiled":
        forward = torch.compile(forward, **MODE)

    def step_on(x, y):
        optimizer.zero_grad(set_to_none=True)
        loss = forward(x, y)
        loss.backward()
        optimizer.step()
        return loss

    if VARIANT == "graph":
        warmed(lambda: step_on(*batches[0]), 3)
        graphs, pool = [], torch.cuda.graph_pool_handle()
        for batch in batches:
            graphs.append(recorded(lambda: step_on(*batch), pool))
        reset()
        next_graph = in_turn(graphs)

        def step():
            graph, loss = next_graph()
            graph.replay()
            return loss
    else:
        next_batch = in_turn(batches)

        def step():
            return step_on(*next_batch())

    def run(times):
        for _ in range(times):
            step()
        wait()

    obey(torch.__version__, lambda: step().item(), run)


def infer():
    net, batches = model()
    set_parameters(net)
    net.eval()
    forward = torch.compile(net) if VARIANT == "compiled" else net
    next_batch = in_turn([x for x, _ in batches])

    def predict():
        return forward(next_batch())

    obey(torch.__version__, projections(lambda: predict().numpy()), repeated(predict))


def gemm():
    a, b = map(torch.from_numpy, operands())
    product = torch.compile(torch.matmul) if VARIANT == "compiled" else torch.matmul
    obey(torch.__version__, projections(lambda: product(a, b).numpy()), repeated(lambda: product(a, b)))


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


task = "rows" if "kind" in SPEC else SPEC["task"]
with contextlib.nullcontext() if task == "train" else torch.no_grad():
    {"rows": repeat_rows, "train": train, "infer": infer, "gemm": gemm}[task]()
