"""Makes train, valid and test manifests of Asterisk's prompts.

Usage: asterisk_manifest.py TEXTS FOLDER LANGUAGE
TEXTS has `name: text` lines; FOLDER/wav has the audio. Sets are split by text: no phrase stands in two of them.
"""

import gzip
import hashlib
import json
import os
import re
import sys
import wave

SECONDS = (0.4, 30.0)
CHARACTERS_PER_SECOND = (3.0, 26.0)


def normalize(text):
    """Upper case letters and apostrophes; None if something cannot be read aloud as it stands."""
    text = re.sub(r"\[.*?\]|\(.*?\)|<.*?>", " ", text)
    if re.search(r"[\d&@#*%$+=/\\]", text):
        return None
    text = text.upper().replace("’", "'")
    text = re.sub(r"[^\w' ]|_", " ", text)
    return " ".join(word.strip("'") for word in text.split() if word.strip("'"))


def subset(text):
    """One in ten texts is for validation, one for testing, whatever else the corpus holds."""
    bucket = hashlib.sha256(text.encode()).digest()[0] % 10
    return {0: "valid", 1: "test"}.get(bucket, "train")


def main(texts, folder, language):
    opener = gzip.open if texts.endswith(".gz") else open
    sets = {"train": [], "valid": [], "test": []}
    with opener(texts, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            name, separator, text = line.partition(":")
            path = os.path.join("wav", name.strip() + ".wav")
            full = os.path.join(folder, path)
            text = normalize(text) if separator and not line.startswith(";") else None
            if not text or not os.path.exists(full):
                continue
            with wave.open(full) as audio:
                seconds = audio.getnframes() / audio.getframerate()
            rate = len(text) / seconds
            if not SECONDS[0] <= seconds <= SECONDS[1]:
                continue
            if not CHARACTERS_PER_SECOND[0] <= rate <= CHARACTERS_PER_SECOND[1]:
                continue
            sets[subset(text)].append(dict(
                audio_filepath=path, duration=round(seconds, 3), text=text, language=language,
                speaker=f"asterisk-{language}"))
    for name, lines in sets.items():
        # The test set is what marks a corpus as complete: it is written last.
        with open(os.path.join(folder, name + ".jsonl"), "w", encoding="utf-8") as file:
            for line in sorted(lines, key=lambda line: line["audio_filepath"]):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        minutes = sum(line["duration"] for line in lines) / 60
        print(f"{folder}/{name}.jsonl: {len(lines)} utterances, {minutes:.1f} min")


main(*sys.argv[1:4])
