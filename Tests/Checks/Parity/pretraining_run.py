"""Compares what `parp pretrain` wrote with transformers: pretraining_run.py RUN_DIRECTORY.

The run's last evaluation must be of one utterance of a JSONL manifest that no `data.max_seconds` cuts. Its masks and
distractors are counted here once more; from `final/` Wav2Vec2ForPreTraining must then make the same losses.
"""

import json
import pathlib
import sys
import tomllib

import numpy as np
import soundfile
import torch
from transformers import AutoFeatureExtractor, Wav2Vec2ForPreTraining

MASK = (1 << 64) - 1
# RandomStream's raw values.
TIME_MASK, NEGATIVES = 3, 17
# float32 sums in another order, through a whole network.
TOLERANCE = 1e-4


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class CountedRandom:
    """Sources/Tensors/CountedRandom.swift."""

    def __init__(self, seed, stream, item):
        self.key = mix((seed + 0x9E3779B97F4A7C15) & MASK)
        for part in (stream, 0, item, 0):
            self.key = mix(self.key ^ ((part * 0xD1B54A32D192ED03 + 0x9E3779B97F4A7C15) & MASK))

    def uniform(self, index):
        return (mix((self.key + (index + 1) * 0x9E3779B97F4A7C15) & MASK) >> 11) * 2.0**-53


def identity(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def time_mask(frames, recipe, item):
    """Augmentation.timeMask."""
    settings = recipe["augmentation"]
    length = settings["time_mask_length"]
    random = CountedRandom(recipe["seed"], TIME_MASK, item)
    starts = frames - length
    expected = settings["time_mask_probability"] * frames / length + random.uniform(0)
    count = min(starts, max(settings["time_mask_minimum_spans"], int(expected)))
    chosen, index = set(), 1
    while len(chosen) < count:
        chosen.add(int(random.uniform(index) * starts))
        index += 1
    mask = np.zeros(frames, dtype=bool)
    for start in chosen:
        mask[start : start + length] = True
    return mask


def negatives(masked, count, recipe, item):
    """sampleNegatives, as indices of frames."""
    random = CountedRandom(recipe["seed"], NEGATIVES, item)
    sampled = np.zeros((len(masked), count), dtype=np.int64)
    for index in range(len(masked) * count):
        frame, place = divmod(index, count)
        other = int(random.uniform(index) * (len(masked) - 1))
        sampled[frame, place] = masked[other + 1 if other >= frame else other]
    return sampled


def main():
    run = pathlib.Path(sys.argv[1])
    recipe = tomllib.loads((run / "recipe.toml").read_text())
    events = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    event = [event for event in events if event["kind"] == "eval"][-1]
    manifest = run.parent / recipe["data"]["valid"]
    (entry,) = [json.loads(line) for line in manifest.read_text().splitlines()]
    item = identity(entry.get("id", entry["audio_filepath"]))

    model, loading = Wav2Vec2ForPreTraining.from_pretrained(run / "final", output_loading_info=True)
    wrong = {key: sorted(names) for key, names in loading.items() if names}
    assert not wrong, wrong
    model.eval()
    # In evaluation transformers measures diversity of choices, in training of probabilities, as the loss does.
    model.quantizer.train()
    choose = model.quantizer.forward

    def without_noise(hidden, mask_time_indices=None):
        _, perplexity = choose(hidden, mask_time_indices)
        model.quantizer.eval()
        codevectors, _ = choose(hidden, mask_time_indices)
        return codevectors, perplexity

    model.quantizer.forward = without_noise
    samples, rate = soundfile.read(manifest.parent / entry["audio_filepath"], dtype="float32")
    values = AutoFeatureExtractor.from_pretrained(run / "final")(samples, sampling_rate=rate, return_tensors="pt")
    frames = int(model._get_feat_extract_output_lengths(len(samples)))
    mask = time_mask(frames, recipe, item)
    masked = np.flatnonzero(mask)
    sampled = np.zeros((1, frames, recipe["pretraining"]["negatives"]), dtype=np.int64)
    sampled[0, masked] = negatives(masked, sampled.shape[2], recipe, item)
    with torch.no_grad():
        output = model(
            values.input_values, mask_time_indices=torch.from_numpy(mask)[None],
            sampled_negative_indices=torch.from_numpy(sampled))
    faults = 0
    assert event["masked_frames"] == len(masked), (event["masked_frames"], len(masked))
    for ours, theirs in [("contrastive", output.contrastive_loss), ("diversity", output.diversity_loss)]:
        expected = theirs.item() / len(masked)
        difference = abs(event[ours] - expected) / abs(expected)
        faults += difference > TOLERANCE
        print(f"{ours}: {event[ours]:.6f} here, {expected:.6f} there, relative difference {difference:.1e}")
    print(f"{len(masked)} masked frames; no missing and no unexpected tensor")
    return 1 if faults else 0


sys.exit(main())
