"""Compares parp with transformers, live: fresh weights, fresh audio of odd lengths, full-size base included.

Usage: parity.py BUILD_FOLDER [--seed N] [--small]
Prints a table and ends with 1 if anything lies outside the tolerances of docs/numerics.md.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors
"""

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile

from transformers.utils import logging

HERE = os.path.dirname(os.path.abspath(__file__))


def load_golden():
    """Tests/Golden/golden.py, without its folder in the path, where names could hide packages."""
    specification = importlib.util.spec_from_file_location("golden", os.path.join(HERE, "..", "..", "Golden", "golden.py"))
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


golden = load_golden()

# As docs/numerics.md gives reasons for them, and Tests/Unit/ModelsTests has them.
TOLERANCES = dict(logits=1e-4, loss=1e-5, gradient=1e-3, trajectory=1e-3)

# wav2vec 2.0 base as it is released: transformers' own defaults.
BASE = dict(vocab_size=32)


def cases(generator, small):
    """Name, shape, lengths in samples, learning rate."""
    for name, shape in golden.SHAPES.items():
        lengths = [generator.randrange(1600, 16000) | 1 for _ in range(4)]
        yield name, shape, lengths, 1e-3
    if not small:
        # 1.3 s and 2.1 s, with the learning rate that such a model is fine-tuned with.
        yield "base (12 x 768)", BASE, [20800, 33600], 5e-5


def compare(probe, name, shape, lengths, learning_rate, seed):
    model = golden.make_model(shape, seed)
    audio, targets = golden.make_batch(model, lengths, seed)
    with tempfile.TemporaryDirectory() as folder:
        golden.write_case(folder, model, audio, targets, learning_rate)
        result = subprocess.run([probe, folder], stdout=subprocess.PIPE, text=True)
        if result.returncode:
            sys.exit(f"{name}: {probe} ended with {result.returncode}")
        report = json.loads(result.stdout)
    parameters = sum(1 for _ in model.named_parameters())
    # All but the mask embedding, which nothing in an unmasked batch touches.
    report["complete"] = report["gradients"] == parameters - 1
    return report


def main():
    logging.disable_progress_bar()
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    parser.add_argument("--small", action="store_true", help="leave full-size base out")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}; tolerances: " + ", ".join(f"{k} {v:g}" for k, v in TOLERANCES.items()))
    print("| model | utterances (samples) | logits | loss | gradients (small) | worst gradient | 10 updates |  |")
    print("|---|---|---|---|---|---|---|---|")
    generator = random.Random(arguments.seed)
    failed = False
    for index, (name, shape, lengths, rate) in enumerate(cases(generator, arguments.small)):
        report = compare(
            os.path.join(arguments.build, "ParityProbe"), name, shape, lengths, rate, arguments.seed + index)
        # NaN fails too: it is not below anything.
        outside = [key for key, limit in TOLERANCES.items() if not report[key] < limit]
        if not report["complete"]:
            outside.append("gradients")
        failed |= bool(outside)
        print(
            f"| {name} | {', '.join(map(str, lengths))} | {report['logits']:.1e} | {report['loss']:.1e} "
            f"| {report['gradients']} ({report['small_gradients']}) "
            f"| {report['gradient']:.1e} ({report['worst_gradient']}) | {report['trajectory']:.1e} "
            f"| {'outside: ' + ', '.join(outside) if outside else 'ok'} |", flush=True)
    sys.exit(1 if failed else 0)


main()
