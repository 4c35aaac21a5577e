# SPDX-License-Identifier: MIT
"""PyTorch's side of bench/run cpu: torch_peer.py NETWORK BATCH THREADS (eager|compiled).

Obeys the lines that training.hpp obeys, from the same parameters, on the same samples. Says its version first."""

import pathlib
import sys
import time

import numpy
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from peer_numbers import BATCHES, numbers


def mlp_sgd():
    net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return net, (784,), 10, torch.optim.SGD(net.parameters(), lr=0.01)


def lenet_sgd():
    net = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                        nn.Linear(84, 10))
    return net, (1, 28, 28), 10, torch.optim.SGD(net.parameters(), lr=0.01)


NETWORKS = {f.__name__: f for f in (mlp_sgd, lenet_sgd)}


def set_parameters(net):
    with torch.no_grad():
        for stream, p in enumerate(net.parameters()):
            fan_in = p.numel() // p.shape[0]
            scale = numpy.float32(0.1 if fan_in == 1 else 2 / fan_in**0.5)
            p.copy_(torch.from_numpy(numbers(p.numel(), stream) * scale).reshape(p.shape))


def main():
    network, batch, threads, variant = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    torch.set_num_threads(threads)
    net, sample, classes, optimizer = NETWORKS[network]()
    set_parameters(net)
    count = BATCHES * batch
    x = torch.from_numpy(numbers(count * int(numpy.prod(sample)), 1000) + numpy.float32(0.5)).reshape(count, *sample)
    y = torch.from_numpy(((numbers(count, 1001) + numpy.float32(0.5)) * classes).astype(numpy.int64))
    batches = list(zip(x.split(batch), y.split(batch)))
    loss_of = nn.functional.cross_entropy

    def forward(x, y):
        return loss_of(net(x), y)

    if variant == "compiled":
        forward = torch.compile(forward)
    position = 0

    def step():
        nonlocal position
        x, y = batches[position]
        position = (position + 1) % BATCHES
        optimizer.zero_grad(set_to_none=True)
        loss = forward(x, y)
        loss.backward()
        optimizer.step()
        return loss

    now = time.process_time if threads == 1 else time.perf_counter
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        word, number = line.split()
        if word == "losses":
            answer = [f"{step().item():.9g}" for _ in range(int(number))]
        else:
            answer, end, steps = [], now() + float(number), 1
            while now() < end:
                start = now()
                for _ in range(steps):
                    step()
                seconds = (now() - start) / steps
                answer.append(f"{seconds * 1e6:.3f}")
                steps = max(1, int(0.01 / seconds))
        print(" ".join(answer), flush=True)


main()
