"""Compares `parp train` with PARP written from its description in PyTorch: the same masks, the same losses.

Usage: parp_parity.py BUILD_FOLDER [--seed N]
The model is transformers', masks are torch.nn.utils.prune's as in the authors' code (hard zero, then dense training,
then zero again), Adam and the schedule are fairseq's by their formulas. There is no noise, and an epoch is one batch, as
in the authors' ten-minute runs. Prints a table and ends with 1 if anything lies outside the tolerances.
Needs: pip install torch transformers safetensors soundfile
"""

import argparse
import importlib.util
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import soundfile
import torch
from safetensors import safe_open
from torch.nn.utils import prune
from transformers.utils import logging

HERE = pathlib.Path(__file__).resolve().parent

# Masks may differ where a magnitude is within a rounding of the threshold.
LEAST_IOU = 0.999
# A hundred updates of two float32 programs that add in different orders; the first ten have not drifted yet.
LOSS_TOLERANCE = 1e-3
EARLY_LOSS_TOLERANCE = 1e-5

UPDATES = 100
PEAK, PHASES, INITIAL, FINAL = 1e-3, (0.1, 0.4, 0.5), 0.01, 0.05
BETAS, EPSILON = (0.9, 0.98), 1e-8

# A larger pool than the golden models', of both kinds of norm; all extents divide into whole heads and groups.
SMALL = dict(
    hidden_size=96, num_hidden_layers=4, num_attention_heads=4, intermediate_size=320, vocab_size=12,
    conv_dim=[24] * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4)
STABLE = dict(SMALL, feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True)

# Name, shape, sparsity, interval in epochs, PARP-P's start: base's 50 epochs and XLSR's 5, each an update here.
CASES = [
    ("parp, base's interval", SMALL, 0.5, 50, None),
    ("parp, XLSR's interval", STABLE, 0.7, 5, None),
    ("parp-p, base's interval", SMALL, 0.7, 5, 0.3),
]


def load_golden():
    """Tests/Golden/golden.py, without its folder in the path, where names could hide packages."""
    specification = importlib.util.spec_from_file_location("golden", HERE.parent.parent / "Golden" / "golden.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


golden = load_golden()


def pool(model):
    """What is pruned, in the authors' order: weights and biases of attention and feed-forward of every block."""
    pairs = []
    for layer in model.wav2vec2.encoder.layers:
        attention, feed_forward = layer.attention, layer.feed_forward
        for module in (
                attention.k_proj, attention.v_proj, attention.q_proj, attention.out_proj,
                feed_forward.intermediate_dense, feed_forward.output_dense):
            pairs += [(module, "weight"), (module, "bias")]
    return pairs


def prune_once(model, sparsity):
    """Zeroes the smallest magnitudes for good; the masks, by name."""
    pairs = pool(model)
    prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=sparsity)
    names = {module: name for name, module in model.named_modules()}
    masks = {f"{names[module]}.{name}": getattr(module, name + "_mask").clone() for module, name in pairs}
    for module, name in pairs:
        prune.remove(module, name)
    return masks


def learning_rate(update):
    """fairseq's tri_stage, of the update with this number from 0."""
    rise, hold, fall = (int(phase * UPDATES) for phase in PHASES)
    if update < rise:
        return PEAK * (INITIAL + (1 - INITIAL) * update / rise)
    if update < rise + hold:
        return PEAK
    return PEAK * math.exp(math.log(FINAL) * (update - rise - hold) / fall)


class Adam:
    """fairseq's: epsilon is added to the root before the bias correction."""

    def __init__(self, named):
        # prune.remove puts a parameter back under its name, so names are what lasts.
        self.moments = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in named}
        self.step = 0

    def update(self, named, rate):
        self.step += 1
        correction = [1 - beta**self.step for beta in BETAS]
        size = rate * math.sqrt(correction[1]) / correction[0]
        with torch.no_grad():
            for name, parameter in named:
                first, second = self.moments[name]
                first.mul_(BETAS[0]).add_(parameter.grad, alpha=1 - BETAS[0])
                second.mul_(BETAS[1]).addcmul_(parameter.grad, parameter.grad, value=1 - BETAS[1])
                parameter.addcdiv_(first, second.sqrt().add_(EPSILON), value=-size)


def train(model, audio, targets, sparsity, interval, start):
    """PARP or PARP-P; the losses of all updates, and the masks by the updates after which they were made."""
    def trained():
        return [(n, p) for n, p in model.named_parameters()
                if "feature_extractor" not in n and "masked_spec_embed" not in n]

    steps = UPDATES // interval
    present = sparsity if start is None else start
    masks, losses = {0: prune_once(model, present)}, []
    optimizer = Adam(trained())
    for update in range(1, UPDATES + 1):
        model.zero_grad()
        total, _, _ = golden.losses_and_logits(model, audio, targets)
        (total / len(audio)).backward()
        losses.append(total.item() / len(audio))
        optimizer.update(trained(), learning_rate(update - 1))
        if update % interval == 0:
            if start is not None:
                present = min(sparsity, present + (sparsity - start) / steps)
            masks[update] = prune_once(model, present)
    return losses, masks


def write_inputs(folder, model, audio, targets):
    """The model's directory, recordings that lose no bit, and their manifest."""
    model.save_pretrained(folder / "model")
    # Token 0 is the blank; the others are phones, of which none parts words.
    tokens = ["<pad>"] + [chr(ord("A") + index) for index in range(model.config.vocab_size - 1)]
    (folder / "model" / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "model" / "preprocessor_config.json").write_text(
        json.dumps({"do_normalize": False, "sampling_rate": 16000, "feature_extractor_type": "Wav2Vec2FeatureExtractor"}))
    lines = []
    for index, (samples, target) in enumerate(zip(audio, targets)):
        soundfile.write(folder / f"{index}.wav", samples, 16000, subtype="FLOAT")
        lines.append(json.dumps(dict(
            audio_filepath=f"{index}.wav", duration=len(samples) / 16000, text=" ".join(tokens[t] for t in target))))
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n")


def recipe(folder, sparsity, interval, start):
    method = "parp" if start is None else "parp-p"
    return f"""
[model]
path = "{folder}/model"
[data]
train = "{folder}/train.jsonl"
valid = "{folder}/train.jsonl"
labels = "phones"
cache_features = false
[optimizer]
learning_rate = {PEAK}
[schedule]
updates = {UPDATES}
[pruning]
method = "{method}"
sparsity = {sparsity}
start_sparsity = {start if start is not None else 0.0}
interval = {interval}
interval_unit = "epochs"
[augmentation]
time_mask_probability = 0.0
time_mask_minimum_spans = 0
channel_mask_probability = 0.0
[regularization]
layer_drop = 0.0
activation_dropout = 0.0
[evaluation]
every_updates = 0
[checkpoint]
every_updates = 0
"""


def read_mask(path):
    """The masks of a parp mask file, by name: bits, lowest first."""
    with safe_open(path, "np") as file:
        shapes = json.loads(file.metadata()["parameters"])
        return {
            name: numpy.unpackbits(file.get_tensor(name), bitorder="little")[:math.prod(shape)].reshape(shape)
            for name, shape in shapes.items()}


def agreement(ours, theirs):
    """IOU of kept weights."""
    assert sorted(ours) == sorted(theirs), "the pools differ"
    pairs = [(ours[name].astype(bool), theirs[name].numpy().astype(bool)) for name in ours]
    both = sum(int((a & b).sum()) for a, b in pairs)
    return both / sum(int((a | b).sum()) for a, b in pairs)


def compare(command, case, seed):
    """The worst numbers of a case."""
    _, shape, sparsity, interval, start = case
    generator = random.Random(seed)
    model = golden.make_model(shape, seed)
    audio, targets = golden.make_batch(model, [generator.randrange(6000, 24000) | 1 for _ in range(6)], seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_inputs(folder, model, audio, targets)
        (folder / "recipe.toml").write_text(recipe(folder, sparsity, interval, start))
        run = subprocess.run(
            [command, "train", folder / "recipe.toml", "--output", folder / "run"], stdout=subprocess.DEVNULL)
        if run.returncode:
            sys.exit(f"{case[0]}: parp ended with {run.returncode}")
        losses, masks = train(model, audio, targets, sparsity, interval, start)
        events = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]
        ours = [event["loss"] for event in events if event["kind"] == "train"]
        steps = [event["step"] for event in events if event["kind"] == "prune"]
        assert steps == sorted(masks), f"{case[0]}: masks after {steps}, not {sorted(masks)}"
        overlaps = [agreement(read_mask(folder / "run" / "masks" / f"step-{s}.safetensors"), masks[s]) for s in steps]
        revived = sum(
            int((masks[now][n] > masks[before][n]).sum()) for before, now in zip(steps, steps[1:]) for n in masks[now])
    differences = [abs(a - b) / b for a, b in zip(ours, losses, strict=True)]
    return dict(
        iou=min(overlaps), masks=len(steps), revived=revived, early=max(differences[:10]), loss=max(differences),
        start=losses[0], end=losses[-1])


def main():
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    arguments = parser.parse_args()
    print(f"PARP by torch.nn.utils.prune, {UPDATES} updates, seed {arguments.seed}; IOU at least {LEAST_IOU:g}, "
          f"losses within {EARLY_LOSS_TOLERANCE:g} in ten updates, {LOSS_TOLERANCE:g} in all")
    print("| case | sparsity | masks | revived | worst IOU | losses, first ten | losses, all | from, to |  |")
    print("|---|---|---|---|---|---|---|---|---|")
    failed = False
    for index, case in enumerate(CASES):
        found = compare(os.path.join(arguments.build, "parp"), case, arguments.seed + index)
        # NaN fails too: it is not below anything. PARP in which no weight came back would show nothing.
        is_right = (
            found["iou"] >= LEAST_IOU and found["early"] < EARLY_LOSS_TOLERANCE and found["loss"] < LOSS_TOLERANCE
            and (found["revived"] > 0 or case[4] is not None))
        failed |= not is_right
        print(
            f"| {case[0]} | {case[2]:g} | {found['masks']} | {found['revived']} | {found['iou']:.6f} | {found['early']:.1e} "
            f"| {found['loss']:.1e} | {found['start']:.2f}, {found['end']:.2f} | {'ok' if is_right else 'outside'} |",
            flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
