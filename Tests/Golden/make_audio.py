"""Writes Tests/Golden/audio/*: half a second of a tone of 440 Hz, amplitude 0.5, in each compressed format.

Run: python Tests/Golden/make_audio.py
"""

import os

import numpy
import soundfile

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audio")
FORMATS = {
    "tone.flac": (16000, "FLAC", "PCM_16"),
    "tone-vorbis.ogg": (16000, "OGG", "VORBIS"),
    "tone.opus": (16000, "OGG", "OPUS"),
    "tone.mp3": (16000, "MP3", "MPEG_LAYER_III"),
}

os.makedirs(TARGET, exist_ok=True)
for name, (rate, container, encoding) in FORMATS.items():
    tone = 0.5 * numpy.sin(2 * numpy.pi * 440 * numpy.arange(rate // 2) / rate)
    soundfile.write(os.path.join(TARGET, name), tone, rate, format=container, subtype=encoding)
