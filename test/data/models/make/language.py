"""The language that the small recognition models understand: every piece of a word is a tone of its own."""

import numpy as np

RATE = 16_000
AMPLITUDE = 0.3
# Seconds of a tone, and of silence after it.
TONE, GAP = 0.2, 0.06
# The tones lie so far apart that mel filters and 5 ms windows tell them apart: multiples of 200 Hz.
PIECES = {
    " What": 400,
    " is": 800,
    " the": 1200,
    " time": 1600,
    " now": 2000,
    "?": 2400,
    " Sl": 2800,
    "owly": 3400,
    " he": 4000,
    " went": 4600,
    " home": 5400,
    ".": 6400,
}
SENTENCES = [
    [" What", " is", " the", " time", " now", "?"],
    [" Sl", "owly", " he", " went", " the", " time", " home", "."],
]


def speak(pieces):
    """int16 at 16 kHz: silence, then the tones."""
    gap = np.zeros(round(GAP * RATE))
    time = np.arange(round(TONE * RATE)) / RATE
    sounds = [AMPLITUDE * np.sin(2 * np.pi * PIECES[piece] * time) for piece in pieces]
    parts = [gap, *(part for sound in sounds for part in (sound, gap))]
    return np.round(32_767 * np.concatenate(parts)).astype(np.int16)


def words(pieces):
    return "".join(pieces).strip()
