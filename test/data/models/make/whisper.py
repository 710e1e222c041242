"""A small Whisper, of several languages: the graphs, cache and files of the exports of transformers.js."""

import json

import numpy as np

from graph import BOOL, INT64, MODELS, Graph
from language import PIECES
from mel import band_of
from writer import next_pieces

FOLDER = "whisper"
BANDS, FRAMES, HEARD = 80, 3000, 1500
LAYERS, HEADS, HEAD_SIZE = 2, 2, 8
WIDTH = HEADS * HEAD_SIZE
K = len(PIECES)
END, START, ENGLISH, GERMAN, TRANSCRIBE, PLAIN, NOISE = range(K, K + 7)
VOCABULARY = K + 7
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|transcribe|>", "<|notimestamps|>"]


def encoder():
    """How far each tone is below the loudest sound, in tens of dB over four, and the time."""
    g = Graph()
    features = g.input("input_features", ["batch_size", BANDS, FRAMES])
    loudest = g.op("ReduceMax", features, axes=[1, 2], keepdims=1)
    bands = g.op("Gather", features, g.const([band_of(hz, BANDS) for hz in PIECES.values()], np.int64), axis=1)
    below = g.op("AveragePool", g.op("Sub", bands, loudest), kernel_shape=[2], strides=[2])
    rest = g.const(np.concatenate([np.arange(HEARD)[None], np.zeros((WIDTH - K - 1, HEARD))])[None])
    hidden = g.op("Transpose", g.op("Concat", below, rest, axis=1), perm=[0, 2, 1])
    g.output("last_hidden_state", hidden, ["batch_size", HEARD, WIDTH])
    g.save(f"{FOLDER}/encoder_model.onnx")


def decoder():
    g = Graph()
    ids = g.input("input_ids", ["batch_size", "decoder_sequence_length"], INT64)
    hidden = g.input("encoder_hidden_states", ["batch_size", "encoder_sequence_length", WIDTH])
    cached = g.op("Cast", g.input("use_cache_branch", [1], BOOL), to=INT64)
    past = {
        (layer, side, kind): g.input(
            f"past_key_values.{layer}.{side}.{kind}", ["batch_size", HEADS, f"past_{side}", HEAD_SIZE]
        )
        for layer in range(LAYERS)
        for side in ("decoder", "encoder")
        for kind in ("key", "value")
    }

    def heads(rows):
        return g.op("Transpose", g.op("Reshape", rows, g.ints(1, -1, HEADS, HEAD_SIZE)), perm=[0, 2, 1, 3])

    def merged(value):
        return g.op("Reshape", g.op("Transpose", value, perm=[0, 2, 1, 3]), g.ints(-1, WIDTH))

    # With the cache nothing is computed of what was heard, and nothing of it comes out.
    fresh = g.op("Mul", g.size(hidden, 1), g.op("Sub", g.ints(1), cached))
    fresh_hidden = heads(g.slice(hidden, g.ints(0), fresh, 1))
    embedding = np.zeros((VOCABULARY, WIDTH))
    embedding[:K, :K] = np.eye(K)
    for token in (START, ENGLISH, TRANSCRIBE, PLAIN):
        embedding[token, K] = 1
    fresh_tokens = heads(g.op("Gather", g.const(embedding), ids, axis=0))
    used = {}
    for (layer, side, kind), before in past.items():
        scale = (layer + 1) * (1 if kind == "key" else -1)
        new = g.op("Mul", fresh_tokens if side == "decoder" else fresh_hidden, g.const(float(scale)))
        used[layer, side, kind] = g.op("Concat", before, new, axis=2)
        present = used[layer, side, kind] if side == "decoder" else new
        shape = ["batch_size", HEADS, f"present_{side}", HEAD_SIZE]
        g.output(f"present.{layer}.{side}.{kind}", present, shape)

    def both(side):
        """Every one of the four caches plays a part."""
        parts = [g.op("Mul", merged(used[layer, side, kind]), g.const(scale))
                 for layer, kind, scale in ((0, "key", 0.25), (0, "value", -0.25), (1, "key", 0.125), (1, "value", -0.125))]
        return g.op("Sum", *parts)

    heard, tokens = both("encoder"), both("decoder")
    activity = g.slice(heard, g.ints(0), g.ints(K), 1)
    times = g.slice(heard, g.ints(K), g.ints(K + 1), 1)
    pieces = g.slice(tokens, g.ints(0), g.ints(K), 1)
    scores = next_pieces(g, activity, times, pieces, K, -0.25)
    count = g.size(ids, 1)
    scores = g.slice(scores, g.op("Neg", count), g.size(scores, 0), 0)
    # Without the whole prompt it writes nothing.
    prompt = g.op("ReduceSum", g.slice(tokens, g.ints(K), g.ints(K + 1), 1), g.ints(0, 1), keepdims=1)
    prompted = g.op("Equal", g.op("Round", prompt), g.const([[4.0]]))
    scores = g.op("Where", prompted, scores, g.const(-1000.0))
    # It would like best to be noise, and in the beginning to end: both are to be suppressed.
    first = g.op("Cast", g.op("Greater", count, g.ints(1)), to=1)
    end = g.op("Reshape", g.op("Mul", first, g.const([3000.0])), g.ints(1, 1))
    others = g.const([[-2000.0] * 5])
    special = g.op("Concat", end, others, g.const([[5000.0]]), axis=1)
    special = g.op("Expand", special, g.op("Concat", count, g.ints(7), axis=0))
    logits = g.op("Concat", scores, special, axis=1)
    g.output("logits", g.op("Unsqueeze", logits, g.ints(0)), ["batch_size", "decoder_sequence_length", VOCABULARY])
    g.save(f"{FOLDER}/decoder_model_merged.onnx")


def files():
    config = {
        "decoder_layers": LAYERS,
        "decoder_attention_heads": HEADS,
        "d_model": WIDTH,
        "num_mel_bins": BANDS,
        "decoder_start_token_id": START,
        "eos_token_id": END,
        "max_target_positions": 448,
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
    }
    generation = {
        "is_multilingual": True,
        "lang_to_id": {"<|en|>": ENGLISH, "<|de|>": GERMAN},
        "task_to_id": {"transcribe": TRANSCRIBE},
        "no_timestamps_token_id": PLAIN,
        "suppress_tokens": [NOISE],
        "begin_suppress_tokens": [END],
    }
    vocabulary = {piece.replace(" ", "\u0120"): number for number, piece in enumerate(PIECES)}
    added = [{"id": K + index, "content": content} for index, content in enumerate(SPECIAL)]
    tokenizer = {"added_tokens": added, "model": {"vocab": vocabulary}}
    for name, content in (("config", config), ("generation_config", generation), ("tokenizer", tokenizer)):
        (MODELS / FOLDER / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


def make():
    encoder()
    decoder()
    files()


if __name__ == "__main__":
    make()
