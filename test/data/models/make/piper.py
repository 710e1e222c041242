"""A small Piper voice with one speaker, and one with two: every sign sounds for 25 ms, each speaker at a pitch."""

import json

from graph import FLOAT, INT64, MODELS, Graph
from voice import silent, tone

FOLDER, RATE = "piper", 22_050
SAMPLES = 551
# As eSpeak's signs for English have numbers in the real ones, here in another order.
SIGNS = "_^$ !,.:;?abdefhijklmnopstuvwzæðŋɑɔəɚɛɜɡɪɹʃʊʌʒˈˌːθ"


def model(path, speakers):
    g = Graph()
    ids = g.input("input", ["batch_size", "phonemes"], INT64)
    length = g.input("input_lengths", ["batch_size"], INT64)
    scales = g.input("scales", [3])
    pitch = g.const([150.0])
    if speakers > 1:
        speaker = g.op("Cast", g.input("sid", ["batch_size"], INT64), to=FLOAT)
        pitch = g.op("Add", pitch, g.op("Mul", speaker, g.const(60.0)))
    # Nothing that is not there is spoken, and what is there lasts as long as the scale says.
    count = g.op("Cast", g.op("Min", length, g.size(ids, 1)), to=FLOAT)
    slow = g.slice(scales, g.ints(1), g.ints(2), 0)
    samples = g.op("Cast", g.op("Mul", g.op("Mul", count, slow), g.const(float(SAMPLES))), to=INT64)
    pause = g.ints(RATE // 10)
    sound = g.op("Concat", silent(g, pause), tone(g, samples, RATE, pitch), silent(g, pause), axis=0)
    g.output("output", g.op("Reshape", sound, g.ints(1, 1, 1, -1)), ["batch_size", 1, 1, "time"])
    g.save(path)


def make():
    folder = MODELS / FOLDER
    config = {
        "audio": {"sample_rate": RATE, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "phoneme_type": "espeak",
        "inference": {"noise_scale": 0.667, "length_scale": 1.1, "noise_w": 0.8},
        "phoneme_id_map": {sign: [number] for number, sign in enumerate(SIGNS)},
        "num_speakers": 1,
        "speaker_id_map": {},
    }
    two = {**config, "num_speakers": 2, "speaker_id_map": {"high": 1, "low": 0}}
    for name, content, speakers in (("model", config, 1), ("speakers", two, 2)):
        model(f"{FOLDER}/{name}.onnx", speakers)
        (folder / f"{name}.onnx.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    make()
