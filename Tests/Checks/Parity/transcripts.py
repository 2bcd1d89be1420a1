"""Compares `parp transcribe` with transformers on a model directory, utterance by utterance.

Usage: transcripts.py PARP_COMMAND MODEL_DIRECTORY MANIFEST [MANIFEST...]
transformers hears one utterance at a time and decodes with the processor that the directory describes. Ends with 1 if
a transcript differs, or a logit by more than the tolerance of docs/numerics.md.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors soundfile
"""

import json
import os
import subprocess
import sys
import tempfile

import soundfile
import torch
from safetensors.torch import load_file
from transformers import Wav2Vec2ForCTC, Wav2Vec2Processor

LOGITS_TOLERANCE = 1e-4  # of the largest logit


def audio_paths(manifest):
    folder = os.path.dirname(os.path.abspath(manifest))
    with open(manifest, encoding="utf-8") as file:
        return [os.path.join(folder, json.loads(line)["audio_filepath"]) for line in file if line.strip()]


def ours(command, model, paths):
    with tempfile.TemporaryDirectory() as folder:
        logits = os.path.join(folder, "logits.safetensors")
        output = subprocess.run(
            [command, "transcribe", "--json", "--model", model, "--emit-logits", logits, *paths],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        tensors = load_file(logits)
    texts = [json.loads(line)["text"] for line in output.splitlines()]
    names = ["logits"] if len(paths) == 1 else [f"logits.{index}" for index in range(len(paths))]
    return texts, [tensors[name] for name in names]


def main(command, model_directory, *manifests):
    paths = [path for manifest in manifests for path in audio_paths(manifest)]
    texts, logits = ours(command, model_directory, paths)
    if len(texts) != len(paths):
        sys.exit(f"{command} gave {len(texts)} transcripts of {len(paths)} files")
    processor = Wav2Vec2Processor.from_pretrained(model_directory)
    model = Wav2Vec2ForCTC.from_pretrained(model_directory).eval()
    differing, worst, spoken = 0, 0.0, 0
    for path, text, found in zip(paths, texts, logits):
        samples, rate = soundfile.read(path, dtype="float32")
        inputs = processor(samples, sampling_rate=rate, return_tensors="pt")
        with torch.inference_mode():
            expected = model(inputs.input_values).logits[0]
        theirs = processor.batch_decode(expected.argmax(-1)[None])[0]
        spoken += bool(theirs)
        worst = max(worst, ((found - expected).abs().max() / expected.abs().max()).item())
        if text != theirs:
            differing += 1
            print(f"{path}\n  parp          {text!r}\n  transformers  {theirs!r}")
    print(
        f"{len(paths)} utterances, {spoken} with text: {len(paths) - differing} transcripts equal, {differing} differ; "
        f"largest difference of logits {worst:.1e} of the largest logit")
    sys.exit(1 if differing or not worst < LOGITS_TOLERANCE else 0)


main(*sys.argv[1:])
