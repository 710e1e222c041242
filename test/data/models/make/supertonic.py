"""A small Supertonic: the graphs and files of the real one. Every sign sounds for 60 ms; noise becomes it in all steps."""

import json

import numpy as np

from graph import INT64, MODELS, Graph
from voice import tone

FOLDER, RATE = "supertonic", 44_100
BASE_CHUNK, COMPRESS, LATENT = 512, 6, 4
WIDTH = LATENT * COMPRESS
STYLE_SOUND, STYLE_PACE = [1, 5, 8], [1, 2, 4]
TEXT = 16


def duration():
    g = Graph()
    g.input("text_ids", ["batch", "text"], INT64)
    style = g.input("style_dp", ["batch", *STYLE_PACE[1:]])
    mask = g.input("text_mask", ["batch", 1, "text"])
    signs = g.op("ReduceSum", mask, g.ints(1, 2), keepdims=0)
    pace = g.op("ReduceMean", style, axes=[1, 2], keepdims=0)
    g.output("duration", g.op("Mul", g.op("Mul", signs, g.const(0.06)), pace), ["batch"])
    g.save(f"{FOLDER}/duration_predictor.onnx")


def encoder():
    g = Graph()
    ids = g.input("text_ids", ["batch", "text"], INT64)
    style = g.input("style_ttl", ["batch", *STYLE_SOUND[1:]])
    mask = g.input("text_mask", ["batch", 1, "text"])
    # A sign that is not known has a number below 0, and is never to come this far.
    known = g.op("Cast", g.op("GreaterOrEqual", ids, g.ints(0)), to=1)
    rows = g.op("Mul", g.op("Unsqueeze", known, g.ints(1)), mask)
    pitch = g.op("ReduceMean", style, axes=[1, 2], keepdims=1)
    wide = g.op("Mul", g.op("Mul", rows, pitch), g.const(np.ones((1, TEXT, 1))))
    g.output("text_emb", wide, ["batch", TEXT, "text"])
    g.save(f"{FOLDER}/text_encoder.onnx")


def estimator():
    """Goes the right part of the way at every step, so that the last arrives; the first number becomes the pitch."""
    g = Graph()
    noisy = g.input("noisy_latent", ["batch", WIDTH, "latent"])
    text = g.input("text_emb", ["batch", TEXT, "text"])
    style = g.input("style_ttl", ["batch", *STYLE_SOUND[1:]])
    text_mask = g.input("text_mask", ["batch", 1, "text"])
    latent_mask = g.input("latent_mask", ["batch", 1, "latent"])
    step = g.input("current_step", ["batch"])
    total = g.input("total_step", ["batch"])
    shown = g.op("ReduceSum", text, g.ints(1, 2), keepdims=1)
    shown = g.op("Div", shown, g.op("ReduceSum", text_mask, g.ints(1, 2), keepdims=1))
    own = g.op("ReduceMean", style, axes=[1, 2], keepdims=1)
    pitch = g.op("Div", g.op("Add", g.op("Div", shown, g.const(float(TEXT))), own), g.const(2.0))
    wanted = g.op("Mul", g.op("Mul", latent_mask, pitch), g.const(np.ones((1, WIDTH, 1))))
    left = g.op("Reshape", g.op("Sub", total, step), g.ints(-1, 1, 1))
    latent = g.op("Add", noisy, g.op("Div", g.op("Sub", wanted, noisy), left))
    g.output("denoised_latent", latent, ["batch", WIDTH, "latent"])
    g.save(f"{FOLDER}/vector_estimator.onnx")


def vocoder():
    g = Graph()
    latent = g.input("latent", ["batch", WIDTH, "latent"])
    samples = g.op("Mul", g.size(latent, 2), g.ints(BASE_CHUNK * COMPRESS))
    # What is left of the noise makes a noise.
    # Padding is silence, and not to be heard in the rest.
    spoken = g.op("Sign", g.op("Abs", latent))
    pitch = g.op("Div", g.op("ReduceSum", latent, keepdims=0), g.op("ReduceSum", spoken, keepdims=0))
    left = g.op("Sub", latent, g.op("Mul", spoken, pitch))
    worst = g.op("ReduceMax", g.op("Abs", left), axes=[0, 1, 2], keepdims=0)
    clean = g.op("Cast", g.op("Less", worst, g.const(1.0)), to=1)
    wave = g.op("Mul", tone(g, samples, RATE, pitch), clean)
    g.output("wav_tts", g.op("Unsqueeze", wave, g.ints(0)), ["batch", "samples"])
    g.save(f"{FOLDER}/vocoder.onnx")


def files():
    folder = MODELS / FOLDER
    config = {
        "ae": {"sample_rate": RATE, "base_chunk_size": BASE_CHUNK},
        "ttl": {"latent_dim": LATENT, "chunk_compress_factor": COMPRESS},
    }
    known = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,!?;:'\"-<>/()\u0308"
    indexer = [known.find(chr(code)) for code in range(0x400)]
    (folder / "tts.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "unicode_indexer.json").write_text(json.dumps(indexer) + "\n")
    for index, name in enumerate(f"{kind}{number}" for kind in "FM" for number in range(1, 6)):
        sound, pace = np.full(STYLE_SOUND, 140 + 15.0 * index), np.full(STYLE_PACE, 1.0)
        voice = {
            key: {"dims": list(style.shape), "data": style.tolist(), "type": "float32"}
            for key, style in (("style_ttl", sound), ("style_dp", pace))
        }
        (folder / f"{name}.json").write_text(json.dumps(voice) + "\n")


def make():
    duration()
    encoder()
    estimator()
    vocoder()
    files()


if __name__ == "__main__":
    make()
