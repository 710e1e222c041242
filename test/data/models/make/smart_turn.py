"""A small Smart Turn: a turn is over when one of the sounds of "." and "?" was among the last."""

import numpy as np

from graph import Graph
from language import PIECES
from mel import band_of

BANDS, FRAMES = 80, 800


def make():
    g = Graph()
    features = g.input("input_features", ["batch", BANDS, FRAMES])
    loudest = g.op("ReduceMax", features, axes=[1, 2], keepdims=1)
    end = g.slice(features, g.ints(FRAMES - 60), g.ints(FRAMES), 2)
    marks = g.op("Gather", end, g.const([band_of(PIECES[mark], BANDS) for mark in ".?"], np.int64), axis=1)
    # 4 decades of power are 1.
    above = g.op("Sub", g.op("ReduceMax", marks, axes=[1, 2], keepdims=1), g.op("Sub", loudest, g.const(0.25)))
    probability = g.op("Sigmoid", g.op("Mul", above, g.const(20.0)))
    g.output("logits", g.op("Reshape", probability, g.ints(-1, 1)), ["batch", 1])
    g.save("smart-turn/smart-turn-v3.2-cpu.onnx")


if __name__ == "__main__":
    make()
