# SPDX-License-Identifier: MIT
"""The side of runtimes that read ONNX: onnx_peer.py SPEC (onnxruntime|openvino) fp32 cpu. Inference of the networks of
peer.py's table; both are given the same model, on as many threads, and optimise it as far as they can."""

import onnx
from onnx import TensorProto, helper, numpy_helper

from peer import BATCHES, NETWORKS, SPEC, VARIANT, in_turn, obey, parameters, projections, repeated, samples, with_extents


def exported():
    sample, layers = NETWORKS[SPEC["network"]]
    nodes, previous = [], "x"
    for number, kind, weight, padding, results in with_extents(sample, layers):
        fields = [f"{number}.weight", f"{number}.bias"]
        operator, inputs, options = {
            "conv": ("Conv", fields, {"pads": [padding] * 4}),
            "linear": ("Gemm", fields, {"transB": 1}),
            "pool": ("MaxPool", [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
            "flatten": ("Flatten", [], {}),
            "relu": ("Relu", [], {}),
        }[kind]
        nodes.append(helper.make_node(operator, [previous, *inputs], [f"y{number}"], **options))
        previous = f"y{number}"
    begin = helper.make_tensor_value_info("x", TensorProto.FLOAT, [SPEC["batch"], *sample])
    end = helper.make_tensor_value_info(previous, TensorProto.FLOAT, [SPEC["batch"], *results])
    weights = [numpy_helper.from_array(values, name) for name, values in parameters(sample, layers)]
    graph = helper.make_graph(nodes, SPEC["network"], [begin], [end], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def by_onnxruntime(model):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = SPEC["threads"]
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return onnxruntime.__version__, lambda x: session.run(None, {"x": x})[0]


def by_openvino(model):
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": SPEC["threads"], "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(core.read_model(model), "CPU", settings).create_infer_request()
    return openvino.__version__, lambda x: request.infer([x], share_inputs=True, share_outputs=True)[0]


version, predict_from = {"onnxruntime": by_onnxruntime, "openvino": by_openvino}[VARIANT](exported())
all_samples = samples(NETWORKS[SPEC["network"]][0])
next_batch = in_turn([all_samples[k * SPEC["batch"]:(k + 1) * SPEC["batch"]] for k in range(BATCHES)])
obey(version, projections(lambda: predict_from(next_batch())), repeated(lambda: predict_from(next_batch())))
