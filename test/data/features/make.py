"""
Golden values for the features that models hear, by the reference implementations in transformers (5.18): Whisper's
extractor for Whisper and, as Smart Turn calls it, for Smart Turn; NVIDIA's for Parakeet.

    python -m venv venv && venv/bin/pip install numpy torch transformers librosa
    venv/bin/python test/data/features/make.py

Writes beside itself: sound.s16 (what is heard, 16 kHz), and for each a .f32 of [bands, frames] with every
fifth frame. The frames are those of make.py's last lines.
"""

from pathlib import Path

import numpy as np
from transformers import ParakeetFeatureExtractor, WhisperFeatureExtractor

HERE = Path(__file__).resolve().parent
RATE, EVERY = 16_000, 5


def sound():
    """A voice-like sound: gliding harmonics that swell and fade, a hiss, silence."""
    time = np.arange(round(1.53 * RATE)) / RATE
    pitch = 120 + 40 * np.sin(2 * np.pi * 1.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(n * phase) / n * (1 + 0.5 * np.cos(n + 9 * time)) for n in range(1, 30))
    hiss = np.random.default_rng(5).standard_normal(len(time))
    swell = np.maximum(0, np.sin(2 * np.pi * 2.2 * time))
    mixed = 0.1 * voice * swell + 0.02 * hiss * (1 - swell) * (time < 1.2)
    return np.round(32_767 * np.clip(mixed, -1, 1)).astype("<i2")


def write(name, features):
    features = np.asarray(features, dtype="<f4")[:, ::EVERY]
    features.tofile(HERE / f"{name}.f32")
    print(name, features.shape)


samples = sound()
samples.tofile(HERE / "sound.s16")
audio = (samples / 32_768).astype(np.float32)


def whisper_extractor(bands, seconds):
    extractor = WhisperFeatureExtractor(feature_size=bands, chunk_length=seconds)
    # In float64; with torch it would compute in float32.
    return lambda sound: extractor._np_extract_fbank_features(np.asarray(sound)[None], "cpu")[0]


# All of the frames that the sound reaches, and two seconds of the silence after it.
padded = np.zeros(30 * RATE)
padded[: len(audio)] = audio
write("whisper-80", whisper_extractor(80, 30)(padded)[:, :350])
write("whisper-128", whisper_extractor(128, 30)(padded)[:, :350])

# As pipecat's local_smart_turn_v3: eight seconds, the sound at their end, made even. The last two seconds of them.
left = np.zeros(8 * RATE, dtype=np.float64)
left[-len(audio) :] = audio
left = (left - left.mean()) / np.sqrt(left.var() + 1e-7)
write("smart-turn", whisper_extractor(80, 8)(left)[:, 600:])

parakeet = ParakeetFeatureExtractor(feature_size=128)
out = parakeet(audio, sampling_rate=RATE, return_tensors="np")
write("nemo-128", np.asarray(out["input_features"])[0].T)
