"""Compares the pre-training objective with transformers' Wav2Vec2ForPreTraining, live: fresh weights and audio of odd
lengths, the same masks, distractors and Gumbel noise in both, and a run of updates.

Usage: pretraining_parity.py BUILD_FOLDER [--seed N] [--updates N]
Prints a table and ends with 1 if anything lies outside the tolerances of docs/numerics.md.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy
from transformers.utils import logging

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "..", "Golden"))
import golden  # noqa: E402
import pretraining  # noqa: E402

# As docs/numerics.md gives reasons for them, and Tests/Unit/ModelsTests has them.
TOLERANCES = dict(terms=1e-5, gradient=1e-3, start=1e-3, mean=2e-2)
# The updates over which a run is compared one by one; after them only its mean is.
START = 10


def settings(name, updates):
    """fairseq's weights for the shape of base, transformers' own for the others."""
    weights = dict(feature_penalty=10.0, feature_gradient_scale=0.1) if name == "tiny-group" else {}
    return pretraining.Settings(updates=updates, **weights)


def compare(probe, name, generator, updates, seed):
    peer = pretraining.Peer(golden.SHAPES[name], settings(name, updates), seed)
    # Three to learn from, and one too short to be masked.
    lengths = [generator.randrange(6000, 20000) | 1 for _ in range(3)] + [generator.randrange(800, 3500)]
    source = numpy.random.default_rng(seed)
    audio = [golden.make_audio(length, source) for length in lengths]
    with tempfile.TemporaryDirectory() as folder:
        pretraining.write_case(folder, peer, audio)
        result = subprocess.run([probe, "--pretraining", folder], stdout=subprocess.PIPE, text=True)
        if result.returncode:
            sys.exit(f"{name}: {probe} ended with {result.returncode}")
        report = json.loads(result.stdout)
    found, expected = (numpy.array(report[key]) for key in ("found", "expected"))
    differences = numpy.abs(found / expected - 1)
    report.update(
        lengths=lengths, start=differences[: START + 1].max(), largest=differences.max(),
        mean=abs(found[START:].mean() / expected[START:].mean() - 1), first=expected[0],
        last=expected[-20:].mean(), updates=len(expected) - 1,
        complete=report["gradients"] == sum(1 for _ in peer.model.parameters()))
    return report


def main():
    logging.disable_progress_bar()
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    parser.add_argument("--updates", type=int, default=200)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}; tolerances: " + ", ".join(f"{k} {v:g}" for k, v in TOLERANCES.items()))
    print("| model | utterances (samples) | masked frames | terms | gradients (small) | worst gradient "
          f"| first {START} updates | mean loss after them | largest of all | loss from, to |  |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    generator = random.Random(arguments.seed)
    failed = False
    for index, name in enumerate(golden.SHAPES):
        report = compare(
            os.path.join(arguments.build, "ParityProbe"), name, generator, arguments.updates,
            arguments.seed + index)
        # NaN fails too: it is not below anything.
        outside = [key for key, limit in TOLERANCES.items() if not report[key] < limit]
        if not report["complete"]:
            outside.append("gradients")
        failed |= bool(outside)
        print(
            f"| {name} | {', '.join(map(str, report['lengths']))} | {report['masked_frames']:.0f} "
            f"| {report['terms']:.1e} | {report['gradients']} ({report['small_gradients']}) "
            f"| {report['gradient']:.1e} ({report['worst_gradient']}) | {report['start']:.1e} "
            f"| {report['mean']:.1e} | {report['largest']:.1e} | {report['first']:.2f}, {report['last']:.2f} "
            f"| {'outside: ' + ', '.join(outside) if outside else 'ok'} |", flush=True)
    sys.exit(1 if failed else 0)


main()
