# SPDX-License-Identifier: MIT
"""JAX's side of bench/run: jax_peer.py SPEC jit (fp32|tf32|bf16) (cuda|cpu). A step is one jitted function whose
parameters and optimizer state are donated; data lie on the device. It knows peer.py's table of networks, and GPT-2."""

import functools

import jax
import jax.numpy as jnp

from peer import (BATCHES, DEVICE, NETWORKS, OF_INPUTS, PRECISION, SPEC, in_turn, index_samples, obey, operands,
                  parameters, projections, rows, samples, start_of, targets, with_extents)

jax.config.update("jax_default_matmul_precision", {"fp32": "highest", "tf32": "tensorfloat32", "bf16": "default"}[PRECISION])


def outputs_of(network, values, x):
    for number, kind, _, padding, _ in with_extents(*network):
        weight, bias = (values.get(f"{number}.{field}") for field in ("weight", "bias"))
        if kind == "conv":
            x = jax.lax.conv_general_dilated(x, weight, (1, 1), [(padding, padding)] * 2,
                                             dimension_numbers=("NCHW", "OIHW", "NCHW"))
            x = x + bias[:, None, None]
        elif kind == "linear":
            x = x @ weight.T + bias
        elif kind == "pool":
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        elif kind == "flatten":
            x = x.reshape(x.shape[0], -1)
        else:
            x = jax.nn.relu(x)
    return x


def gpt2_parameters():
    """(name, extents) of each, as torch_networks.py has them."""
    width, both = SPEC["width"], lambda name, out, into: [(name + ".weight", (out, into)), (name + ".bias", (out,))]
    norm = lambda name: [(name + ".weight", (width,)), (name + ".bias", (width,))]
    found = [("wte", (SPEC["tokens"], width)), ("wpe", (SPEC["context"], width))]
    for block in (f"h.0.{i}." for i in range(SPEC["blocks"])):
        found += norm(block + "attn.0") + both(block + "attn.1.0", 3 * width, width)
        found += both(block + "attn.1.1", width, width) + norm(block + "mlp.0")
        found += both(block + "mlp.1", 4 * width, width) + both(block + "mlp.3", width, 4 * width)
    return found + norm("h.1")


def gpt2_outputs(values, ids):
    def dense(name, x):
        return x @ values[name + ".weight"].T + values[name + ".bias"]

    def normed(name, x):  # in float32, as PyTorch's autocast has it
        wide = x.astype(jnp.float32)
        centred = wide - wide.mean(-1, keepdims=True)
        wide = centred * jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-5)
        return wide.astype(x.dtype) * values[name + ".weight"] + values[name + ".bias"]

    def attention(name, x):
        heads = (*x.shape[:2], SPEC["heads"], SPEC["width"] // SPEC["heads"])
        query, key, content = (part.reshape(heads) for part in jnp.split(dense(name + ".0", x), 3, -1))
        fused = "cudnn" if DEVICE == "cuda" and PRECISION == "bf16" else None  # it has no float32
        mixed = jax.nn.dot_product_attention(query, key, content, is_causal=True, implementation=fused)
        return dense(name + ".1", mixed.reshape(x.shape))

    x = values["wte"][ids] + values["wpe"]
    for block in (f"h.0.{i}." for i in range(SPEC["blocks"])):
        x = x + attention(block + "attn.1", normed(block + "attn.0", x))
        wide = dense(block + "mlp.1", normed(block + "mlp.0", x))
        x = x + dense(block + "mlp.3", jax.nn.gelu(wide, approximate=True))
    return normed("h.1", x) @ values["wte"].T


def model():
    """(its outputs as a function, its parameters, batches of inputs and targets)"""
    if SPEC["network"] == "gpt2":
        forward = gpt2_outputs
        values = {name: jnp.asarray(start_of(name, extents)) for name, extents in gpt2_parameters()}
        columns = [index_samples(SPEC["tokens"], (SPEC["context"],), stream) for stream in (OF_INPUTS, OF_INPUTS + 1)]
    else:
        network = NETWORKS[SPEC["network"]]
        *_, (_, _, _, _, outputs) = with_extents(*network)
        forward = functools.partial(outputs_of, network)
        values = {name: jnp.asarray(numbers) for name, numbers in parameters(*network)}
        columns = samples(network[0]), targets(outputs)
    return forward, values, list(zip(*(jnp.split(jnp.asarray(all_of), BATCHES) for all_of in columns)))


def train():
    forward, values, batches = model()
    rule, rate, momentum = SPEC["rule"], SPEC["rate"], SPEC.get("momentum", 0)
    zeros = lambda: jax.tree.map(jnp.zeros_like, values)

    def loss_of(values, x, y):
        if PRECISION == "bf16":
            rounded = lambda v: v.astype(jnp.bfloat16) if jnp.issubdtype(v.dtype, jnp.floating) else v
            values, x = jax.tree.map(rounded, (values, x))
        scores = forward(values, x).astype(jnp.float32)
        if SPEC.get("loss") == "mse":
            return jnp.mean(jnp.square(scores - y))
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), y[..., None], -1))

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def step_on(values, state, x, y):
        loss, gradient = jax.value_and_grad(loss_of)(values, x, y)
        if rule == "sgd":
            state = jax.tree.map(lambda v, g: momentum * v + g, state, gradient) if momentum else gradient
            return jax.tree.map(lambda p, v: p - rate * v, values, state), state, loss
        count, mean, square = state
        count = count + 1
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        first, second = 1 - 0.9**count, 1 - 0.999**count
        if rule == "adamw":
            values = jax.tree.map(lambda p: p * (1 - rate * 0.01), values)
        moved = jax.tree.map(lambda p, m, s: p - rate * (m / first) / (jnp.sqrt(s / second) + 1e-8), values, mean, square)
        return moved, (count, mean, square), loss

    state = zeros() if rule == "sgd" else (jnp.float32(0), zeros(), zeros())
    next_batch = in_turn(batches)

    def step():
        nonlocal values, state
        x, y = next_batch()
        values, state, loss = step_on(values, state, x, y)
        return loss

    def run(times):
        for _ in range(times):
            step()
        jax.block_until_ready(values)

    obey(jax.__version__, lambda: float(step()), run)


def infer():
    outputs, values, batches = model()
    forward = jax.jit(outputs)
    next_batch = in_turn(batches)

    def run(times):
        for _ in range(times):
            forward(values, next_batch()[0]).block_until_ready()

    obey(jax.__version__, projections(lambda: forward(values, next_batch()[0])), run)


def gemm():
    a, b = map(jnp.asarray, operands())
    product = jax.jit(jnp.matmul)

    def run(times):
        for _ in range(times):
            product(a, b).block_until_ready()

    obey(jax.__version__, projections(lambda: product(a, b)), run)


def repeat_rows():
    x = jnp.asarray(rows())

    def layer_norm(x):
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-5)

    kinds = {"softmax": lambda x: jax.nn.softmax(x, -1), "layer_norm": layer_norm,
             "chain": lambda x: jax.nn.relu(jnp.tanh(x * 1.5 + 0.25)) - 0.125 * x}
    f = jax.jit(kinds[SPEC["kind"]])

    def often(x, times):
        for _ in range(times):
            x = f(x)
        return x

    def run(times):
        jax.block_until_ready(often(x, times))

    value = float(jnp.square(often(x, 2)).sum())
    obey(jax.__version__, lambda: value, run)


{"rows": repeat_rows, "train": train, "infer": infer, "gemm": gemm}["rows" if "kind" in SPEC else SPEC["task"]]()
