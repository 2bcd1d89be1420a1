"""Makes the manifests that the small model is trained on.

Usage: manifests.py CORPORA DIALOGUE FOLDER
CORPORA: where `cluster/corpora/fetch.sh all` put its corpora; DIALOGUE: a folder of English speech with a manifest.jsonl, or
any JSONL manifest. Writes FOLDER/{train,valid,valid-short}.jsonl for pre-training, FOLDER/english-{train,valid}.jsonl,
with transcripts in letters, and FOLDER/spoken-{train,valid}.jsonl, of all languages, for CTC. Spanish and Italian are left
out: they stay languages that the model never heard.
"""

import json
import os
import random
import re
import sys

HELD_OUT = ("asterisk-es", "asterisk-it", "tuxpaint-es")


def records(path):
    base = os.path.dirname(os.path.abspath(path))
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                record = json.loads(line)
                record["audio_filepath"] = os.path.join(base, record["audio_filepath"])
                yield record


def letters(text):
    """Capitals, apostrophes and spaces; None for a text with numbers, which could be read in several ways."""
    text = text.upper().replace("’", "'").replace("`", "'").replace("&", " AND ")
    if re.search(r"[0-9#$/]", text):
        return None
    return re.sub(r" +", " ", re.sub(r"[^A-Z' ]", " ", text)).strip() or None


def spelled(rows):
    for record in rows:
        text = letters(record["text"]) if record.get("language") == "en" else None
        # More than 22 letters a second are another recording's text.
        if text and record["duration"] <= 15 and len(text) <= 22 * record["duration"]:
            yield dict(record, text=text)


def readable(rows):
    """Those whose texts espeak-ng can read as the speaker did: no numbers, no other recording's text."""
    for record in rows:
        text = record["text"]
        fits = 0.6 <= record["duration"] <= 15 and len(text) <= 22 * record["duration"]
        if fits and text.strip() and not re.search(r"[0-9#$/]", text):
            yield record


def write(path, rows):
    rows = list(rows)
    with open(path, "w", encoding="utf-8") as file:
        for record in rows:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(f"{path}: {len(rows)} recordings, {sum(record['duration'] for record in rows) / 3600:.2f} h")


def main(corpora, dialogue, folder):
    train, valid = [], []
    for name in sorted(os.listdir(corpora)):
        if name in HELD_OUT or not os.path.exists(f"{corpora}/{name}/train.jsonl"):
            continue
        train += records(f"{corpora}/{name}/train.jsonl")
        valid += list(records(f"{corpora}/{name}/valid.jsonl"))[:12]
    english = list(records(dialogue if dialogue.endswith(".jsonl") else os.path.join(dialogue, "manifest.jsonl")))
    random.Random(1).shuffle(english)
    train, valid = train + english[80:], valid + english[:80]
    os.makedirs(folder, exist_ok=True)
    write(f"{folder}/spoken-train.jsonl", readable(train))
    write(f"{folder}/spoken-valid.jsonl", readable(valid))
    train, valid = ([record for record in rows if record["duration"] >= 1] for rows in (train, valid))
    write(f"{folder}/train.jsonl", train)
    write(f"{folder}/valid.jsonl", valid)
    write(f"{folder}/valid-short.jsonl", valid[:40])
    write(f"{folder}/english-train.jsonl", spelled(train))
    write(f"{folder}/english-valid.jsonl", spelled(valid))


main(*sys.argv[1:4])
