"""A short way to write ONNX graphs by hand."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

MODELS = Path(__file__).resolve().parent.parent
FLOAT, INT64, INT32, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL
# What onnxruntime-node 1.30 and the exports of 2025 have in common.
OPSET, IR = 17, 9


class Graph:
    """Collects nodes; every method returns the name of what it computes."""

    def __init__(self):
        self.nodes, self.inputs, self.outputs, self.constants = [], [], [], []

    def input(self, name, shape, kind=FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name, value, shape, kind=FLOAT):
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def const(self, value, kind=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=kind), name))
        return name

    def ints(self, *values):
        return self.const(values, np.int64)

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [f"n{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def slice(self, value, start, end, axis):
        """start and end: names of tensors of one int64."""
        return self.op("Slice", value, start, end, self.ints(axis))

    def size(self, value, axis):
        """Length of an axis, as a tensor of one int64."""
        return self.op("Gather", self.op("Shape", value), self.ints(axis))

    def save(self, path):
        graph = helper.make_graph(self.nodes, "small", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        checker.check_model(model, full_check=True)
        path = MODELS / path
        path.parent.mkdir(parents=True, exist_ok=True)
        save(model, path)
        return path
