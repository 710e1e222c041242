"""A small streaming Moonshine: the graphs, state and files of the real one, for the tones of language.py."""

import json

import numpy as np
import onnxruntime

from graph import FLOAT, INT64, MODELS, Graph
from language import PIECES
from writer import next_pieces

FOLDER = "moonshine"
FREQUENCIES = list(PIECES.values())
K = len(FREQUENCIES)
DEPTH, HEADS, HEAD_DIM = 2, 2, 8
# encoder_dim and c2: one channel for every tone. decoder_dim: these, the time, and padding.
ENCODER, DECODER = K, HEADS * HEAD_DIM
BOS, EOS, FIRST = 1, 2, 3
VOCABULARY = FIRST + K
CONFIG = {
    "encoder_dim": ENCODER,
    "decoder_dim": DECODER,
    "depth": DEPTH,
    "nheads": HEADS,
    "head_dim": HEAD_DIM,
    "vocab_size": VOCABULARY,
    "bos_id": BOS,
    "eos_id": EOS,
    "frame_len": 80,
    "total_lookahead": 16,
    "d_model_frontend": K,
    "c1": K,
    "c2": ENCODER,
    "max_seq_len": 448,
}


def frontend(weights_inside):
    """Power of every tone, averaged by two causal convolutions with stride 2: one frame for 20 ms."""
    time = np.arange(80) / 16_000
    angles = 2 * np.pi * np.outer(time, FREQUENCIES)
    weights = {
        "embedder.linear": np.concatenate([np.cos(angles), np.sin(angles)], axis=1),
        "embedder.conv1": np.eye(K)[:, :, None] * np.full((1, 1, 5), 0.2),
        "embedder.conv2": np.eye(K)[:, :, None] * np.full((1, 1, 5), 0.2),
    }
    g = Graph()
    audio = g.input("audio_chunk", [1, "samples"])
    sample_buffer = g.input("sample_buffer", [1, 79])
    sample_len = g.input("sample_len", [1], INT64)
    buffers = [g.input("conv1_buffer", [1, K, 4]), g.input("conv2_buffer", [1, K, 4])]
    count = g.input("frame_count", [1], INT64)
    if weights_inside:
        names = {name: g.const(value) for name, value in weights.items()}
    else:
        names = {name: g.input(name, value.shape) for name, value in weights.items()}
        w = Graph()
        for name, value in weights.items():
            w.output(name, w.const(value), value.shape)
        w.save(f"{FOLDER}/frontend.weights.onnx")

    zero = g.ints(0)
    sound = g.op("Concat", g.slice(sample_buffer, zero, sample_len, 1), audio, axis=1)
    frames = g.op("Div", g.size(sound, 1), g.ints(80))
    used = g.op("Mul", frames, g.ints(80))
    left = g.slice(sound, used, g.size(sound, 1), 1)
    windows = g.op("Reshape", g.slice(sound, zero, used, 1), g.ints(1, -1, 80))
    parts = g.op("MatMul", windows, names["embedder.linear"])
    power = g.op("ReduceSum", g.op("Reshape", g.op("Mul", parts, parts), g.ints(1, -1, 2, K)), g.ints(2), keepdims=0)

    x = g.op("Transpose", power, perm=[0, 2, 1])
    number = count
    for index, buffer in enumerate(buffers, 1):
        joined = g.op("Concat", buffer, x, axis=2)
        g.output(f"conv{index}_buffer_out", g.slice(joined, g.ints(-4), g.size(joined, 2), 2), [1, K, 4])
        # The frames with even numbers are kept, counted from the beginning of the sound.
        odd = g.op("Mod", number, g.ints(2))
        x = g.op("Conv", g.slice(joined, odd, g.size(joined, 2), 2), names[f"embedder.conv{index}"], strides=[2])
        number = g.op("Div", g.op("Add", number, g.ints(1)), g.ints(2))
    g.output("features", g.op("Transpose", x, perm=[0, 2, 1]), [1, "frames", ENCODER])
    missing = g.op("Sub", g.ints(79), g.size(left, 1))
    g.output(
        "sample_buffer_out",
        g.op("Pad", left, g.op("Concat", g.ints(0, 0, 0), missing, axis=0)),
        [1, 79],
    )
    g.output("sample_len_out", g.size(left, 1), [1], INT64)
    g.output("frame_count_out", g.op("Add", count, frames), [1], INT64)
    g.save(f"{FOLDER}/frontend.onnx" if weights_inside else f"{FOLDER}/frontend.model.onnx")


def encoder():
    """Looks four frames to either side."""
    g = Graph()
    x = g.op("Transpose", g.input("features", [1, "frames", ENCODER]), perm=[0, 2, 1])
    taps = np.array([1, 2, 3, 4, 5, 4, 3, 2, 1]) / 25
    x = g.op("Conv", x, g.const(np.eye(ENCODER)[:, :, None] * taps), pads=[4, 4])
    g.output("encoded", g.op("Transpose", x, perm=[0, 2, 1]), [1, "frames", ENCODER])
    g.save(f"{FOLDER}/encoder.onnx")


def adapter():
    """Adds the time."""
    g = Graph()
    encoded = g.input("encoded", [1, "frames", ENCODER])
    offset = g.op("Squeeze", g.input("pos_offset", [1], INT64))
    end = g.op("Add", offset, g.op("Squeeze", g.size(encoded, 1)))
    times = g.op("Cast", g.op("Range", offset, end, g.op("Squeeze", g.ints(1))), to=FLOAT)
    times = g.op("Reshape", times, g.ints(1, -1, 1))
    padding = g.op("Mul", g.op("Expand", times, g.ints(1, 1, DECODER - K - 1)), g.const(0.0))
    g.output("memory", g.op("Concat", encoded, times, padding, axis=2), [1, "frames", DECODER])
    g.save(f"{FOLDER}/adapter.onnx")


def cross_kv():
    """The memory itself, cut into heads, times 1 in the first layer and 2 in the second."""
    g = Graph()
    memory = g.input("memory", [1, "frames", DECODER])
    heads = g.op("Transpose", g.op("Reshape", memory, g.ints(1, -1, HEADS, HEAD_DIM)), perm=[0, 2, 1, 3])
    layers = g.op("Mul", g.op("Unsqueeze", heads, g.ints(0)), g.const(np.arange(1, DEPTH + 1).reshape(-1, 1, 1, 1, 1)))
    shape = [DEPTH, 1, HEADS, "frames", HEAD_DIM]
    g.output("k_cross", layers, shape)
    g.output("v_cross", g.op("Neg", layers), shape)
    g.save(f"{FOLDER}/cross_kv.onnx")


def decoder():
    g = Graph()
    cache = [DEPTH, 1, HEADS, "past", HEAD_DIM]
    token = g.input("token", [1, "tokens"], INT64)
    k_self, v_self = g.input("k_self", cache), g.input("v_self", cache)
    cross = [DEPTH, 1, HEADS, "frames", HEAD_DIM]
    k_cross, v_cross = g.input("out_k_cross", cross), g.input("out_v_cross", cross)

    def merged(value, layer):
        """[1, 1, heads, n, head_dim] of a layer as [n, decoder_dim]."""
        one = g.op("Gather", value, g.const(layer, np.int64), axis=0)
        return g.op("Reshape", g.op("Transpose", one, perm=[0, 2, 1, 3]), g.ints(-1, DECODER))

    embedding = np.zeros((VOCABULARY, DECODER))
    embedding[FIRST:, :K] = np.eye(K)
    rows = g.op("Gather", g.const(embedding), token, axis=0)
    heads = g.op("Transpose", g.op("Reshape", rows, g.ints(1, -1, HEADS, HEAD_DIM)), perm=[0, 2, 1, 3])
    heads = g.op("Expand", g.op("Unsqueeze", heads, g.ints(0)), g.ints(DEPTH, 1, 1, 1, 1))
    k_all = g.op("Concat", k_self, heads, axis=3)
    v_all = g.op("Concat", v_self, g.op("Neg", heads), axis=3)
    g.output("out_k_self", k_all, [DEPTH, 1, HEADS, "all", HEAD_DIM])
    g.output("out_v_self", v_all, [DEPTH, 1, HEADS, "all", HEAD_DIM])

    # Each of the four caches plays a part, and the second layer must be twice the first.
    def both(k, v, k_scale, v_scale):
        whole = g.op("Mul", merged(k, 1), g.const(k_scale))
        return g.op("Sub", whole, g.op("Mul", merged(v, 0), g.const(v_scale)))

    memory = both(k_cross, v_cross, 0.25, 0.5)
    heard = both(k_all, v_all, 0.5, 0.5)
    activity = g.slice(memory, g.ints(0), g.ints(K), 1)
    times = g.slice(memory, g.ints(K), g.ints(K + 1), 1)
    tokens_heard = g.slice(heard, g.ints(0), g.ints(K), 1)
    scores = next_pieces(g, activity, times, tokens_heard, K, 60.0)
    asked = g.op("Neg", g.size(token, 1))
    scores = g.slice(scores, asked, g.size(scores, 0), 0)
    # Unknown and beginning never; the end when no piece is left.
    others = g.op("Expand", g.const([[-2000.0, -2000.0, 0.0]]), g.op("Concat", g.size(token, 1), g.ints(3), axis=0))
    logits = g.op("Concat", others, scores, axis=1)
    g.output("logits", g.op("Unsqueeze", logits, g.ints(0)), [1, "tokens", VOCABULARY])
    g.save(f"{FOLDER}/decoder_kv.onnx")


def vocabulary():
    pieces = [b"<unk>", b"<s>", b"</s>", *(piece.replace(" ", "\u2581").encode() for piece in PIECES)]
    (MODELS / FOLDER / "tokenizer.bin").write_bytes(b"".join(bytes([len(piece)]) + piece for piece in pieces))


def make():
    for inside in (False, True):
        frontend(inside)
    encoder()
    adapter()
    cross_kv()
    decoder()
    vocabulary()
    folder = MODELS / FOLDER
    (folder / "streaming_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    # The real ones come in ONNX Runtime's own format.
    for path in sorted(folder.glob("*.onnx")):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path.with_suffix(".ort"))
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        path.unlink()


if __name__ == "__main__":
    make()
