"""Makes one manifest of several, with so many minutes of each: low-resource splits, and joint sets of languages.

Usage: mix.py [--minutes N] OUTPUT MANIFEST...

Which utterances are taken is decided by a hash of their paths, so that a smaller split is a part of a larger one and
nothing depends on a generator's state. Utterances are named after their corpus, since two corpora may have files of one
name; paths to recordings are relative to OUTPUT.
"""

import argparse
import hashlib
import json
import os
import pathlib


def utterances(manifest):
    """The lines of a manifest, each with its recording's path and a name that is unique among corpora."""
    corpus = manifest.parent.name
    with manifest.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            entry["id"] = f"{corpus}/{entry.get('id', entry['audio_filepath'])}"
            entry["audio_filepath"] = str(manifest.parent / entry["audio_filepath"])
            yield entry


def taken(entries, seconds):
    """Utterances in the order of their hashes, until there are so many seconds."""
    total = 0.0
    for entry in sorted(entries, key=lambda entry: hashlib.sha256(entry["id"].encode()).digest()):
        if total + entry["duration"] <= seconds:
            total += entry["duration"]
            yield entry


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="of each manifest (default: all)")
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("manifests", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    seconds = 0.0
    lines = []
    for manifest in arguments.manifests:
        for entry in taken(list(utterances(manifest)), 60 * arguments.minutes):
            seconds += entry["duration"]
            entry["audio_filepath"] = os.path.relpath(entry["audio_filepath"], arguments.output.parent)
            lines.append(json.dumps(entry, ensure_ascii=False))
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{arguments.output}: {len(lines)} utterances, {seconds / 60:.1f} minutes")


main()
