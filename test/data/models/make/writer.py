"""The decoder that the small recognition models share: writes pieces in the order in which they began to sound."""

import numpy as np

NEVER = 1e6


def next_pieces(graph, activity, times, tokens_heard, count, threshold):
    """
    What comes after each token, by cross-attention to the sounds and causal self-attention to the tokens before.

    activity: [frames, count]; times: [frames, 1]; tokens_heard: [past + L, count], rows of one 1 for a piece and of
    zeros for other tokens, the last L of them those that are asked about (L is the rows of `queries`).
    Returns scores [past + L, count], above 0 for a piece that may come next, higher for one that began earlier.
    """
    g = graph
    loud = g.op("Greater", activity, g.const(threshold))
    began = g.op("ReduceMin", g.op("Where", loud, times, g.const(NEVER)), axes=[0], keepdims=1)
    # When the piece of each token began; before everything for a token that is none.
    none = g.op("Sub", g.const(1.0), g.op("ReduceSum", tokens_heard, g.ints(1), keepdims=1))
    began_of = g.op("ReduceSum", g.op("Mul", tokens_heard, began), g.ints(1), keepdims=1)
    began_of = g.op("Sub", began_of, none)
    rows = g.size(tokens_heard, 0)
    square = g.op("ConstantOfShape", g.op("Concat", rows, rows, axis=0), value=_one())
    causal = g.op("Cast", g.op("Trilu", square, upper=0), to=9)
    earlier = g.op("Where", causal, g.op("Transpose", began_of, perm=[1, 0]), g.const(-1.0))
    latest = g.op("ReduceMax", earlier, axes=[1], keepdims=1)
    later = g.op("And", g.op("Greater", began, latest), g.op("Less", began, g.const(NEVER)))
    return g.op("Where", later, g.op("Sub", g.const(1000.0), began), g.const(-1000.0))


def _one():
    from onnx import helper

    return helper.make_tensor("one", 1, [1], [1.0])
