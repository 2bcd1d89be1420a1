"""Writes 1,000 sentences to train on and 1,500 held out, of a CSV of reviews that is sorted by label.

Usage: demo_data.py REVIEWS.csv FOLDER
A sentence goes where the hash of its text says, so that a repeated one cannot stand on both sides.
"""

import csv
import hashlib
import json
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = {row["text"]: row["label"] for row in csv.DictReader(file)}
ordered = sorted(rows, key=lambda text: hashlib.sha256(text.encode()).digest())
for name, part in (("train", ordered[:1000]), ("valid", ordered[1000:2500])):
    with open(f"{sys.argv[2]}/{name}.jsonl", "w", encoding="utf-8") as file:
        for text in part:
            file.write(json.dumps({"text": text, "label": rows[text]}) + "\n")
