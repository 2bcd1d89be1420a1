"""Measures how long parp takes to load a model of XLSR-53's size from each kind of file, beside `cat FILE > /dev/null`.

Usage: load.py PARP [--rounds N] [--folder FOLDER]
Writes random weights (4 GB in all) into a temporary folder, measures by turns with the files in the page cache, prints
a table and removes them. Ends with 1 if loading takes more than twice the time of reading.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from transformers import Wav2Vec2ForCTC

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "..", "Golden"))

import fairseq_format  # noqa: E402

LIMIT = 2.0


def make_files(parp, folder):
    """The same weights as model.safetensors, pytorch_model.bin and a fairseq checkpoint; what to load, and the file."""
    directory, binary = os.path.join(folder, "safetensors"), os.path.join(folder, "binary")
    subprocess.run([parp, "init", "--preset", "xlsr53", "--output", directory], check=True, stdout=subprocess.DEVNULL)
    model = Wav2Vec2ForCTC.from_pretrained(directory)
    os.makedirs(binary)
    model.config.save_pretrained(binary)
    torch.save(model.state_dict(), os.path.join(binary, "pytorch_model.bin"))
    symbols = ["|"] + [chr(65 + index) for index in range(model.config.vocab_size - 5)]
    for name, legacy in (("zip.pt", False), ("legacy.pt", True)):
        fairseq_format.write(os.path.join(folder, name), model, "cfg", legacy, labels="ltr", symbols=symbols)
    return [
        ("model.safetensors", directory, os.path.join(directory, "model.safetensors")),
        ("pytorch_model.bin", binary, os.path.join(binary, "pytorch_model.bin")),
        ("fairseq, zip", os.path.join(folder, "zip.pt"), os.path.join(folder, "zip.pt")),
        ("fairseq, legacy", os.path.join(folder, "legacy.pt"), os.path.join(folder, "legacy.pt")),
    ]


def read(file):
    """The seconds of `cat`."""
    with open(os.devnull, "wb") as null:
        start = time.perf_counter()
        subprocess.run(["cat", file], check=True, stdout=null)
        return time.perf_counter() - start


def load(parp, source):
    """The seconds of one load, into memory that is touched for the first time."""
    output = subprocess.run(
        [parp, "bench", "load", "--model", source, "--repeats", "1", "--json"], check=True, stdout=subprocess.PIPE,
        text=True).stdout
    return json.loads(output)["median"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parp")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", help="where to put the files (default: the system's temporary folder)")
    arguments = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print("| file | GB | `cat` | loading | ratio |")
        print("|---|---|---|---|---|")
        for name, source, file in make_files(arguments.parp, folder):
            read(file)
            rounds = [(read(file), load(arguments.parp, source)) for _ in range(arguments.rounds)]
            reading, loading = (statistics.median(column) for column in zip(*rounds))
            failed |= loading > LIMIT * reading
            print(
                f"| {name} | {os.path.getsize(file) / 1e9:.2f} | {reading:.3f} s | {loading:.3f} s "
                f"| {loading / reading:.2f} |", flush=True)
    sys.exit(1 if failed else 0)


main()
