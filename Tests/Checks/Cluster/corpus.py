"""Makes a tiny corpus: each letter a tone, each utterance a few words of them.

Usage: corpus.py FOLDER [UTTERANCES]
Writes FOLDER/train.jsonl and valid.jsonl with 16 kHz WAV files beside them, the same bytes every time.
"""

import array
import json
import math
import os
import random
import sys
import wave

RATE = 16000
LETTERS = "ETAONIHS"
SECONDS_A_LETTER = 0.12


def tones(text):
    """The samples of a text: a tone a letter, silence for a space."""
    samples = array.array("h")
    for letter in text:
        frequency = 200 * (2 + LETTERS.find(letter))
        amplitude = 0 if letter == " " else 8000
        for index in range(int(RATE * SECONDS_A_LETTER)):
            samples.append(int(amplitude * math.sin(2 * math.pi * frequency * index / RATE)))
    return samples


def main(folder, utterances=24):
    chance = random.Random(7)
    os.makedirs(folder, exist_ok=True)
    for subset, count in {"train": utterances, "valid": max(utterances // 4, 2)}.items():
        with open(os.path.join(folder, subset + ".jsonl"), "w", encoding="utf-8") as manifest:
            for index in range(count):
                words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 4))) for _ in range(chance.randint(1, 3))]
                text = " ".join(words)
                samples = tones(text)
                name = f"{subset}-{index}.wav"
                with wave.open(os.path.join(folder, name), "wb") as audio:
                    audio.setnchannels(1)
                    audio.setsampwidth(2)
                    audio.setframerate(RATE)
                    audio.writeframes(samples.tobytes())
                manifest.write(json.dumps(dict(
                    audio_filepath=name, duration=round(len(samples) / RATE, 3), text=text)) + "\n")


main(sys.argv[1], *map(int, sys.argv[2:3]))
