"""Compares the word times of `parp transcribe` with a forced alignment of what was said.

Usage: word_times.py PARP_COMMAND MODEL MANIFEST

Recognises the recordings of MANIFEST (JSON lines), aligns their texts by `parp align`, and pairs the words that were recognised
as they were said, by the fewest edits of words. Prints how far their starts and ends lie apart, and how sure the model was of
words that were right and wrong. Ends with 1 if the median is above 40 ms.
"""

import difflib
import json
import os
import subprocess
import sys
import tempfile

ALLOWED = 0.040


def recognised(parp, model, paths):
    output = subprocess.run([parp, "transcribe", "--model", model, "--format", "json", *paths],
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line)["words"] for line in output.splitlines()]


def aligned(parp, model, path, text):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        output = subprocess.run([parp, "align", "--model", model, "--format", "json", path, file.name],
                                check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)["words"]


def share(values, limit):
    return sum(value <= limit + 1e-9 for value in values) / len(values)


def main(parp, model, manifest):
    folder = os.path.dirname(os.path.abspath(manifest))
    with open(manifest, encoding="utf-8") as file:
        corpus = [json.loads(line) for line in file if line.strip()]
    paths = [os.path.join(folder, line["audio_filepath"]) for line in corpus]
    apart, confidences, whole = [], [], 0
    for heard, path, line in zip(recognised(parp, model, paths), paths, corpus):
        said = aligned(parp, model, path, line["text"])
        names = [word["word"] for word in heard], [word["word"] for word in said]
        whole += names[0] == names[1]
        right = set()
        for block in difflib.SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
            for offset in range(block.size):
                mine, theirs = heard[block.a + offset], said[block.b + offset]
                apart.append((abs(mine["start"] - theirs["start"]), abs(mine["end"] - theirs["end"])))
                right.add(block.a + offset)
        confidences += [(word["confidence"], index in right) for index, word in enumerate(heard)]
    for name, values in [("starts", [a for a, _ in apart]), ("ends", [b for _, b in apart])]:
        values = sorted(values)
        print(f"{name}: {len(values)} words, median {1000 * values[len(values) // 2]:.0f} ms, "
              f"95 % within {1000 * values[int(0.95 * len(values))]:.0f} ms, "
              f"{100 * share(values, ALLOWED):.1f} % within {1000 * ALLOWED:.0f} ms, largest {1000 * values[-1]:.0f} ms")
    print(f"{whole} of {len(corpus)} recordings recognised without an error")
    error = 0.0
    for place in range(10):
        bucket = [(c, r) for c, r in confidences if place / 10 <= c < (place + 1) / 10 or place == 9 and c == 1]
        if bucket:
            error += abs(sum(c for c, _ in bucket) - sum(r for _, r in bucket))
    print(f"{len(confidences)} words, mean confidence {sum(c for c, _ in confidences) / len(confidences):.3f}, "
          f"right {sum(r for _, r in confidences) / len(confidences):.3f}, "
          f"expected calibration error {error / len(confidences):.3f}")
    medians = [sorted(values)[len(values) // 2] for values in zip(*apart)]
    sys.exit(1 if max(medians) > ALLOWED else 0)


main(*sys.argv[1:])
