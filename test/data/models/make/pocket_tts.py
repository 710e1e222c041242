"""
A small Pocket TTS: the graphs and files of the real one, with less state. It sounds for a frame per token, if it was told
the voice, the text and that nothing was spoken before, in this order.
"""

import json

import numpy as np

from graph import BOOL, FLOAT, INT64, MODELS, Graph
from language import PIECES
from voice import tone

FOLDER, RATE, FRAME = "pocket-tts", 24_000, 1920
LATENT, EMBEDDING = 32, 1024
CACHE = [2, 1, 10, 1, 4]


def pad(g, value, count, missing):
    """Adds zeros to the last of `count` axes."""
    return g.op("Pad", value, g.ints(*([0] * (2 * count - 1)), missing))


def flag(g, condition):
    return g.op("Cast", condition, to=FLOAT)


def conditioner():
    g = Graph()
    ids = g.op("Cast", g.input("token_ids", [1, "tokens"], INT64), to=FLOAT)
    rows = g.op("Unsqueeze", g.op("Add", g.op("Mul", ids, g.const(0.0)), g.const(1.0)), g.ints(2))
    g.output("embeddings", pad(g, rows, 3, EMBEDDING - 1), [1, "tokens", EMBEDDING])
    g.save(f"{FOLDER}/text_conditioner.onnx")


def voice():
    g = Graph()
    nothing = g.op("Mul", g.op("ReduceSum", g.input("audio", [1, 1, "samples"])), g.const(0.0))
    rows = g.op("Add", g.const([[[0.0, 1.0]] * 5]), nothing)
    g.output("latents", pad(g, rows, 3, EMBEDDING - 2), [1, "frames", EMBEDDING])
    g.save(f"{FOLDER}/encoder.onnx")


def main():
    """Two layers with three states each: what was read, the frames spoken, whether there was text."""
    g = Graph()
    sequence = g.input("sequence", [1, "frames", LATENT])
    text = g.input("text_embeddings", [1, "tokens", EMBEDDING])
    states = [
        (g.input(f"cache_{layer}", CACHE), g.input(f"offset_{layer}", [1], INT64), g.input(f"seen_{layer}", [1], BOOL))
        for layer in range(2)
    ]
    frames = g.size(sequence, 1)
    columns = g.op("ReduceSum", text, g.ints(0, 1), keepdims=0)
    tokens = g.slice(columns, g.ints(0), g.ints(1), 0)
    voiced = g.slice(columns, g.ints(1), g.ints(2), 0)
    # Before the first frame there was none, which is not a number; later there always was one.
    first = flag(g, g.op("Equal", states[0][1], g.ints(0)))
    unknown = g.op("ReduceSum", flag(g, g.op("IsNaN", sequence)), g.ints(0, 1, 2), keepdims=0)
    expected = g.op("Mul", g.op("Mul", first, g.op("Cast", frames, to=FLOAT)), g.const([float(LATENT)]))
    wrong = flag(g, g.op("Not", g.op("Equal", unknown, expected)))
    fresh = g.op("Reshape", g.op("Concat", tokens, voiced, wrong, g.const([0.0]), axis=0), g.ints(1, 1, 1, 1, 4))
    spread = g.op("Mul", fresh, g.const(np.ones(CACHE)))
    out, parts = [], []
    for cache, offset, seen in states:
        # The voice comes first: what is read of it after the text does not count.
        ours = g.op("Mul", spread, g.op("Sub", g.const(1.0), g.op("Mul", flag(g, seen), g.const([0.0, 1.0, 0.0, 0.0]))))
        after = g.op("Add", cache, ours)
        seen_after = g.op("Or", seen, g.op("Greater", tokens, g.const(0.0)))
        out.append((after, g.op("Add", offset, frames), seen_after))
        parts.append(g.op("ReduceMean", after, axes=[0, 1, 2, 3], keepdims=0))
    read = g.op("Mul", g.op("Add", *parts), g.const(0.5))
    tokens_read = g.slice(read, g.ints(0), g.ints(1), 0)
    voice_read = g.slice(read, g.ints(1), g.ints(2), 0)
    wrong_before = g.slice(read, g.ints(2), g.ints(3), 0)
    spoken = g.op("Cast", states[1][1], to=FLOAT)
    right = g.op("Mul", flag(g, g.op("Equal", voice_read, g.const([5.0]))), flag(g, g.op("Equal", wrong_before, g.const([0.0]))))
    # A silent frame first, then one for every token.
    loud = g.op("Mul", flag(g, g.op("Greater", spoken, g.const([0.5]))),
                flag(g, g.op("Less", spoken, g.op("Add", tokens_read, g.const([0.5])))))
    condition = g.op("Unsqueeze", g.op("Concat", g.op("Mul", right, loud), spoken, axis=0), g.ints(0))
    g.output("conditioning", pad(g, condition, 2, EMBEDDING - 2), [1, EMBEDDING])
    ended = flag(g, g.op("Greater", spoken, g.op("Sub", tokens_read, g.const([0.5]))))
    score = g.op("Sub", g.op("Mul", ended, g.const(20.0)), g.const(10.0))
    g.output("eos_logit", g.op("Reshape", score, g.ints(1, 1)), [1, 1])
    for layer, (cache, offset, seen) in enumerate(out):
        g.output(f"cache_{layer}_out", cache, CACHE)
        g.output(f"offset_{layer}_out", offset, [1], INT64)
        g.output(f"seen_{layer}_out", seen, [1], BOOL)
    g.save(f"{FOLDER}/lm_main.int8.onnx")


def flow():
    """Straight from noise to the frame that is wanted."""
    g = Graph()
    c = g.input("c", [1, EMBEDDING])
    s, t = g.input("s", [1, 1]), g.input("t", [1, 1])
    x = g.input("x", [1, LATENT])
    wanted = g.slice(c, g.ints(0), g.ints(LATENT), 1)
    # Only with the time going on is it the right way.
    onward = flag(g, g.op("Greater", t, s))
    way = g.op("Div", g.op("Sub", wanted, x), g.op("Sub", g.const(1.0), s))
    g.output("flow_dir", g.op("Mul", way, onward), [1, LATENT])
    g.save(f"{FOLDER}/lm_flow.int8.onnx")


def decoder():
    """A tone that goes on from frame to frame; the second state must be the loudness of the frame before."""
    g = Graph()
    latent = g.input("latent", [1, "frames", LATENT])
    offset = g.input("offset", [1], INT64)
    before = g.input("loudness", [1, 1, 1])
    loudness = g.slice(latent, g.ints(0), g.ints(1), 2)
    end = g.op("Add", offset, g.ints(FRAME))
    sound = g.slice(tone(g, end, RATE, g.const([180.0])), offset, end, 0)
    ramp = g.const((np.arange(FRAME) + 1) / FRAME)
    change = g.op("Mul", g.op("Sub", loudness, before), ramp)
    g.output("audio_frame", g.op("Mul", sound, g.op("Add", before, change)), [1, 1, FRAME])
    g.output("offset_out", end, [1], INT64)
    g.output("loudness_out", loudness, [1, 1, 1])
    g.save(f"{FOLDER}/decoder.int8.onnx")


def vocabulary():
    """Single signs, and a few longer pieces that are likelier."""
    signs = [chr(code) for code in range(0x21, 0x7F)]
    words = [piece.replace(" ", "\u2581") for piece in PIECES if len(piece) > 1]
    pieces = ["<unk>", "\u2581", *signs, *words, *(f"<0x{byte:02X}>" for byte in range(256))]
    scores = {piece: -8.0 - (len(piece) == 6) for piece in pieces}
    for name, table in (("vocab", {piece: number for number, piece in enumerate(pieces)}), ("token_scores", scores)):
        (MODELS / FOLDER / f"{name}.json").write_text(json.dumps(table, ensure_ascii=False) + "\n")


def make():
    conditioner()
    voice()
    main()
    flow()
    decoder()
    vocabulary()


if __name__ == "__main__":
    make()
