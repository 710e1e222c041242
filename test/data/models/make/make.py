"""
Makes the small models of test/data/models: graphs with the inputs, outputs and state of the real ones, written by hand
so that they do something that a test can tell is right.

    python -m venv venv && venv/bin/pip install numpy onnx onnxruntime
    venv/bin/python test/data/models/make/make.py
"""

import kokoro
import moonshine
import parakeet
import piper
import pocket_tts
import smart_turn
import supertonic
import whisper

if __name__ == "__main__":
    for model in (kokoro, moonshine, parakeet, piper, pocket_tts, smart_turn, supertonic, whisper):
        model.make()
