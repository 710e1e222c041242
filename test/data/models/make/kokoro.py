"""A small Kokoro: every sign sounds for 75 ms, at a pitch that the voice gives; silence at either end."""

import json

import numpy as np

from graph import FLOAT, INT64, MODELS, Graph
from voice import silent, tone

RATE, FRAME = 24_000, 600
# The signs that English needs, in the order of the real alphabet; the real numbers have gaps, as these have.
SIGNS = ";:,.!?—… AIOWYabdefhijklmnopstuvwzæðŋɑɔəɛɜɡɪɹʃʊʌʒʤʧˈˌːθ"


def model(path, timed):
    g = Graph()
    ids = g.input("input_ids", [1, "sequence_length"], INT64)
    style = g.input("style", [1, 256])
    speed = g.input("speed", [1])
    # Four frames for each end, three for a sign, fewer when it is to be quick.
    ends = g.op("Cast", g.op("Equal", ids, g.ints(0)), to=FLOAT)
    plain = g.op("Add", g.op("Mul", ends, g.const(1.0)), g.const(3.0))
    durations = g.op("Cast", g.op("Round", g.op("Div", plain, speed)), to=INT64)
    frames = g.op("ReduceSum", durations, g.ints(1), keepdims=0)
    end = g.op("Mul", g.slice(durations, g.ints(0), g.ints(1), 1), g.ints(FRAME))
    end = g.op("Reshape", end, g.ints(1))
    total = g.op("Mul", frames, g.ints(FRAME))
    hz = g.op("ReduceMean", style, axes=[0, 1], keepdims=0)
    sound = tone(g, g.op("Sub", g.op("Sub", total, end), end), RATE, hz)
    waveform = g.op("Concat", silent(g, end), sound, silent(g, end), axis=0)
    g.output("waveform", g.op("Unsqueeze", waveform, g.ints(0)), [1, "num_samples"])
    if timed:
        g.output("durations", durations, [1, "sequence_length"], INT64)
    g.save(path)


def make():
    model("kokoro/model.onnx", False)
    model("kokoro/model-timed.onnx", True)
    folder = MODELS / "kokoro"
    vocabulary = {"$": 0, **{sign: 2 * index + 1 for index, sign in enumerate(SIGNS)}}
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}, indent=2) + "\n")


if __name__ == "__main__":
    make()
