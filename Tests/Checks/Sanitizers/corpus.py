"""A small model, eight recordings of noise and a recipe for a short run of everything: corpus.py FOLDER."""

import json
import math
import pathlib
import shutil
import struct
import sys
import wave

folder = pathlib.Path(sys.argv[1])
golden = pathlib.Path(__file__).resolve().parents[2] / "Golden/models/tiny-stable"
shutil.copytree(golden, folder / "model")
lines = []
for index in range(8):
    count = 8000 + 1000 * index
    with wave.open(str(folder / f"{index}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"".join(
            struct.pack("<h", int(8000 * math.sin(place * (0.05 + index / 50)))) for place in range(count)))
    text = ["BAD CAFE", "FADE", "DEAD BEEF", "A CAB", "FACED", "BED", "CAB", "DEAF"][index]
    lines.append(json.dumps({"audio_filepath": f"{index}.wav", "duration": count / 16000, "text": text}))
(folder / "train.jsonl").write_text("\n".join(lines) + "\n")
(folder / "recipe.toml").write_text(f"""
[model]
path = "{folder}/model"
[data]
train = "{folder}/train.jsonl"
valid = "{folder}/train.jsonl"
batch_seconds = 2.0
rank_seconds = 1.0
cache_directory = "{folder}/cache"
[schedule]
updates = 8
[pruning]
interval = 3
[checkpoint]
every_updates = 2
[evaluation]
every_updates = 4
[reliability]
stall_seconds = 1.0
""")
