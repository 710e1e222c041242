"""A small Parakeet TDT: the graphs, states and files of onnx-asr's exports, with fewer numbers in a state."""

import numpy as np

from graph import FLOAT, INT32, INT64, MODELS, Graph
from language import PIECES
from mel import band_of

FOLDER = "parakeet"
BANDS = 128
K = len(PIECES)
BLANK = K + 1
VOCABULARY, DURATIONS = K + 2, 5
LAYERS, STATE = 2, VOCABULARY + 2


def encoder():
    """Eight frames become one, of which each number is how loud a tone is."""
    g = Graph()
    signal = g.input("audio_signal", ["batch", BANDS, "time"])
    length = g.input("length", ["batch"], INT64)
    # What is after the length does not count.
    places = g.op("Range", g.op("Squeeze", g.ints(0)), g.op("Squeeze", g.size(signal, 2)), g.op("Squeeze", g.ints(1)))
    heard = g.op("Where", g.op("Less", places, length), signal, g.const(-9.0))
    bands = g.op("Gather", heard, g.const([band_of(hz, BANDS) for hz in PIECES.values()], np.int64), axis=1)
    pooled = g.op("AveragePool", bands, kernel_shape=[8], strides=[8], ceil_mode=1)
    g.output("outputs", pooled, ["batch", K, "frames"])
    lengths = g.op("Div", g.op("Add", length, g.ints(7)), g.ints(8))
    g.output("encoded_lengths", lengths, ["batch"], INT64)
    g.save(f"{FOLDER}/encoder-model.int8.onnx")


def decoder():
    """Chooses the tone that is on, unless it was the last token; both states count the tokens that were taken."""
    g = Graph()
    frame = g.input("encoder_outputs", ["batch", K, "time"])
    targets = g.input("targets", ["batch", "tokens"], INT32)
    g.input("target_length", ["batch"], INT32)
    shape = [LAYERS, "batch", STATE]
    states = [g.input(f"input_states_{index}", shape) for index in (1, 2)]
    seen = g.op("Gather", g.const(np.eye(VOCABULARY, STATE)), g.op("Cast", targets, to=INT64), axis=0)
    for index, state in enumerate(states, 1):
        after = g.op("Add", state, g.op("Mul", seen, g.const(np.arange(1, LAYERS + 1).reshape(-1, 1, 1) * index)))
        g.output(f"output_states_{index}", after, shape)

    # A token that was taken twice: the state was kept where there was none.
    most = g.op("Max", *[
        g.op("Div", g.op("ReduceMax", g.op("Gather", state, g.ints(layer), axis=0), keepdims=0), g.const(index * (layer + 1.0)))
        for index, state in enumerate(states, 1)
        for layer in range(LAYERS)
    ])
    spoilt = g.op("Greater", most, g.const(1.5))
    last = g.slice(seen, g.ints(0), g.ints(K), 2)
    loudness = g.op("Sub", g.op("Transpose", frame, perm=[0, 2, 1]), g.op("Mul", last, g.const(100.0)))
    unknown = g.op("Where", spoilt, g.const([[[90.0]]]), g.const([[[-90.0]]]))
    tokens = g.op("Concat", loudness, unknown, g.const([[[1.5]]]), axis=2)
    # A token stays at its frame, silence goes on by one.
    best = g.op("ArgMax", tokens, axis=2, keepdims=1)
    silent = g.op("Cast", g.op("Equal", best, g.ints(BLANK)), to=FLOAT)
    durations = g.op("Concat", g.op("Sub", g.const(1.0), silent), silent, g.const([[[-1.0] * (DURATIONS - 2)]]), axis=2)
    outputs = g.op("Concat", tokens, durations, axis=2)
    g.output("outputs", g.op("Unsqueeze", outputs, g.ints(1)), ["batch", 1, 1, VOCABULARY + DURATIONS])
    g.save(f"{FOLDER}/decoder_joint-model.int8.onnx")


def make():
    encoder()
    decoder()
    pieces = [*(piece.replace(" ", "\u2581") for piece in PIECES), "<unk>", "<blk>"]
    lines = [f"{piece} {number}\n" for number, piece in enumerate(pieces)]
    (MODELS / FOLDER / "vocab.txt").write_text("".join(lines))


if __name__ == "__main__":
    make()
