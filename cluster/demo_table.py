"""Prints the demo's table, in Markdown, from what its runs left.

Usage: demo_table.py DEMO_FOLDER CORPUS_FOLDER
"""

import json
import os
import random
import sys

# Name, run directory if it was trained, model.
ROWS = [
    ("dense", "dense", "dense/final"),
    ("PARP at 50 %", "parp-50", "parp-50/final"),
    ("dense, then pruned once to 50 %", None, "once-50"),
    ("PARP-M at 90 %", "parp-m-90", "parp-m-90/final"),
    ("dense, then pruned once to 90 %", None, "once-90"),
]


def edits(reference, hypothesis):
    """The Levenshtein distance of two sequences."""
    row = list(range(len(hypothesis) + 1))
    for i, left in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(hypothesis, 1):
            diagonal, row[j] = row[j], min(diagonal + (left != right), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def chance(corpus):
    """WER and CER of guessing without listening: for each held-out text one of the training texts, of like length."""
    def texts(name):
        with open(os.path.join(corpus, name), encoding="utf-8") as file:
            return [json.loads(line)["text"] for line in file]

    generator = random.Random(1)
    train, references = texts("train.jsonl"), texts("test.jsonl")
    guesses = [generator.choice(sorted(train, key=lambda text: abs(len(text) - len(r)))[:10]) for r in references]
    words = sum(edits(r.split(), g.split()) for r, g in zip(references, guesses)) / sum(len(r.split()) for r in references)
    letters = sum(edits(r, g) for r, g in zip(references, guesses)) / sum(len(r) for r in references)
    return words, letters


def training(folder):
    """Updates, and seconds of audio and of time that they took."""
    with open(os.path.join(folder, "metrics.jsonl"), encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    updates = [event for event in events if event["kind"] == "train"]
    return len(updates), sum(e["audio_seconds"] for e in updates), sum(e["seconds"] for e in updates)


def heard(results, count=3):
    """Sentences of middling length among the test texts, and what each model heard in them."""
    texts = sorted(results[0][1]["transcripts"], key=lambda t: (len(t["reference"]), t["id"]))
    chosen = [texts[(2 * i + 1) * len(texts) // (2 * count)]["id"] for i in range(count)]
    for name in chosen:
        print(f"\n{name}\n")
        by_model = [(row, next(t for t in result["transcripts"] if t["id"] == name)) for row, result in results]
        print(f"    {'said':<32} {by_model[0][1]['reference']}")
        for row, transcript in by_model:
            print(f"    {row:<32} {transcript['hypothesis']}")


def main(demo, corpus):
    print("\n| model | WER | CER | sparsity | pack | transcribes | updates | training |")
    print("|---|---|---|---|---|---|---|---|")
    words, letters = chance(corpus)
    print(f"| a guess of like length, without listening | {100 * words:.1f} % | {100 * letters:.1f} % | | | | | |")
    results = []
    for name, run, model in ROWS:
        with open(os.path.join(demo, model + ".json"), encoding="utf-8") as file:
            result = json.load(file)
        results.append((name, result))
        megabytes = os.path.getsize(os.path.join(demo, model + ".pack")) / 1e6
        cells = (f"{100 * result['wer']:.1f} % | {100 * result['cer']:.1f} % | {100 * result['sparsity']:.2f} % | {megabytes:.1f} MB"
                 f" | {result['audio_seconds'] / result['seconds']:.0f} s/s")
        if run:
            updates, audio, seconds = training(os.path.join(demo, run))
            cells += f" | {updates} | {seconds:.0f} s, {audio / seconds:.0f} audio s/s |"
        else:
            cells += " | 0 | |"
        print(f"| {name} | {cells}")
    print(f"\nTest split: {results[0][1]['utterances']} recordings whose texts are in no training set; settings were chosen on the "
          "development split.\nSparsity: the share of exact zeros among weights and biases of all attention and feed-forward projections. "
          "Pack:\nthe model as one file (`parp pack`). Transcribes: seconds of audio per second, on one core.")
    heard(results)
    print(f"\nRun directories with their reports: {', '.join(f'{demo}/{run}' for _, run, _ in ROWS if run)}.\nThese tables: {demo}/report.md")


main(*sys.argv[1:3])
