"""Compares HuBERT, the stable-layer-norm model and fairseq checkpoints with transformers, live: fresh weights and audio.

Usage: families.py BUILD_FOLDER [--seed N]
For each family: ParityProbe on the directory that transformers wrote; the same model as a fairseq checkpoint in both
containers and all styles of configuration, transcribed by parp as it is, and converted and loaded by transformers; and
the directory that parp writes back. Ends with 1 if anything lies outside the tolerances of docs/numerics.md.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors soundfile
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import soundfile
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, HubertModel, Wav2Vec2Config, Wav2Vec2ForPreTraining, Wav2Vec2Processor
from transformers.utils import logging

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "..", "Golden"))

import fairseq_format  # noqa: E402
import golden  # noqa: E402

TOLERANCES = dict(logits=1e-4, loss=1e-5, gradient=1e-3, trajectory=1e-3)
CASES = [
    ("hubert", "tiny-group"), ("hubert", "tiny-stable"), ("hubert", "tiny-odd"), ("wav2vec2", "tiny-group"),
    ("wav2vec2", "tiny-stable")]
STYLES = [(style, legacy) for style in ("args", "cfg", "omegaconf") for legacy in (False, True)]


class Faults:
    """Counts comparisons, and says those that fail."""

    def __init__(self):
        self.count, self.failed = 0, 0

    def check(self, holds, what):
        self.count += 1
        if not holds:
            self.failed += 1
            print(f"  FAILED: {what}")


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def load(faults, model_class, folder, what):
    """The model that transformers makes of a folder; it must want nothing, and leave nothing."""
    model, info = model_class.from_pretrained(folder, output_loading_info=True)
    wrong = {key: sorted(value) for key, value in info.items() if value}
    faults.check(not wrong, f"{what}: transformers says {wrong}")
    return model.eval()


def same_weights(one, other):
    state = other.state_dict()
    return one.state_dict().keys() == state.keys() and all(
        torch.equal(tensor, state[name]) for name, tensor in one.state_dict().items())


def compare_fairseq(faults, parp, model, samples, folder):
    """The largest difference of logits over all styles and containers, relative to the largest logit."""
    symbols = (["|"] + [chr(65 + i) for i in range(99)])[: model.config.vocab_size - 4]
    audio = os.path.join(folder, "audio.wav")
    soundfile.write(audio, samples, 16000, subtype="FLOAT")
    with torch.inference_mode():
        expected = model(torch.from_numpy(samples)[None]).logits[0]
    worst = 0.0
    for style, legacy in STYLES:
        what = f"{style}, {'legacy' if legacy else 'zip'}"
        checkpoint = os.path.join(folder, "checkpoint.pt")
        fairseq_format.write(checkpoint, model, style, legacy, labels="ltr", symbols=symbols)
        logits, converted = os.path.join(folder, "logits.safetensors"), os.path.join(folder, "converted")
        line = run(parp, "transcribe", "--model", checkpoint, audio, "--json", "--emit-logits", logits)
        found = load_file(logits)["logits"]
        worst = max(worst, ((found - expected).abs().max() / expected.abs().max()).item())
        run(parp, "convert", checkpoint, "--output", converted)
        loaded = load(faults, type(model), converted, what)
        faults.check(same_weights(loaded, model), f"{what}: other weights")
        faults.check(AutoConfig.from_pretrained(converted).architectures == [type(model).__name__], f"{what}: class")
        processor = Wav2Vec2Processor.from_pretrained(converted)
        theirs = processor.batch_decode(expected.argmax(-1)[None])[0]
        # transformers prints special tokens, which random models say often.
        theirs = re.sub("<s>|</s>|<unk>", "", theirs).strip()
        faults.check(json.loads(line)["text"] == theirs, f"{what}: {line.strip()} against {theirs!r}")
    return worst


def compare_round_trip(faults, parp, model, directory, folder):
    """What parp reads and writes is the same model of the same class."""
    output = os.path.join(folder, "written")
    run(parp, "prune", "--model", directory, "--sparsity", "0", "--output", output)
    faults.check(same_weights(load(faults, type(model), output, "round trip"), model), "round trip: other weights")
    config = AutoConfig.from_pretrained(output)
    faults.check(config.architectures == [type(model).__name__], f"round trip: {config.architectures}")


def compare_pretrained(faults, parp, seed, folder):
    """Pre-trained checkpoints, the quantizer of wav2vec 2.0 included."""
    torch.manual_seed(seed)
    model = Wav2Vec2ForPreTraining(Wav2Vec2Config(**{
        **golden.NO_NOISE, **golden.SHAPES["tiny-stable"], "num_codevectors_per_group": 6, "num_codevector_groups": 2,
        "codevector_dim": 8, "proj_codevector_dim": 10}))
    checkpoint, converted = os.path.join(folder, "pretrained.pt"), os.path.join(folder, "pretrained")
    fairseq_format.write(checkpoint, model, "cfg", legacy=False)
    run(parp, "convert", checkpoint, "--output", converted)
    loaded = load(faults, Wav2Vec2ForPreTraining, converted, "wav2vec2 pre-trained")
    faults.check(same_weights(loaded, model), "wav2vec2 pre-trained: other weights")
    hubert = golden.make_model(golden.SHAPES["tiny-stable"], seed, family="hubert")
    fairseq_format.write(
        checkpoint, hubert, "cfg", legacy=False, extra_tensors={"label_embs_concat": torch.zeros(4, 8)})
    run(parp, "convert", checkpoint, "--output", converted)
    loaded = load(faults, HubertModel, converted, "HuBERT pre-trained")
    faults.check(same_weights(loaded, hubert.hubert), "HuBERT pre-trained: other weights")


def main():
    logging.disable_progress_bar()
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    arguments = parser.parse_args()
    parp, probe = os.path.join(arguments.build, "parp"), os.path.join(arguments.build, "ParityProbe")
    print(f"seed {arguments.seed}; tolerances: " + ", ".join(f"{k} {v:g}" for k, v in TOLERANCES.items()))
    print("| family | shape | logits | loss | worst gradient | 10 updates | logits of 6 fairseq checkpoints |")
    print("|---|---|---|---|---|---|---|")
    generator = random.Random(arguments.seed)
    faults = Faults()
    for index, (family, shape) in enumerate(CASES):
        seed = arguments.seed + index
        model = golden.make_model(golden.SHAPES[shape], seed, family)
        lengths = [generator.randrange(1600, 16000) | 1 for _ in range(3)]
        audio, targets = golden.make_batch(model, lengths, seed)
        with tempfile.TemporaryDirectory() as folder:
            # Before the updates of the reference, which train the model.
            fairseq = compare_fairseq(faults, parp, model.eval(), audio[0], folder)
            directory = os.path.join(folder, "model")
            golden.write_case(directory, model, audio, targets)
            report = json.loads(run(probe, directory))
            compare_round_trip(faults, parp, load(faults, type(model), directory, "original"), directory, folder)
        for key, limit in TOLERANCES.items():
            faults.check(report[key] < limit, f"{family} {shape}: {key} {report[key]}")
        faults.check(fairseq < TOLERANCES["logits"], f"{family} {shape}: logits of fairseq checkpoints {fairseq}")
        print(
            f"| {family} | {shape} | {report['logits']:.1e} | {report['loss']:.1e} | {report['gradient']:.1e} "
            f"| {report['trajectory']:.1e} | {fairseq:.1e} |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        compare_pretrained(faults, parp, arguments.seed, folder)
    print(f"{faults.count} comparisons, {faults.failed} failed")
    sys.exit(1 if faults.failed else 0)


main()
