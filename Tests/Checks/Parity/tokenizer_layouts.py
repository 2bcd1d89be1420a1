"""Writes each layout of Tests/Golden/make_tokenizers.py again with `parp`, and compares with transformers.

Usage: tokenizer_layouts.py PARP_COMMAND AUDIO_FILE
Every layout, as it is and as convert, prune and mask apply write it, is loaded by transformers without a complaint about
its files, and its transcript of the audio is that of `parp transcribe`. Ends with 1 if one differs.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors soundfile
"""

import os
import subprocess
import sys
import tempfile

import soundfile
import torch
from transformers import (
    Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC, Wav2Vec2PhonemeCTCTokenizer)

HERE = os.path.dirname(os.path.abspath(__file__))


def theirs(path, audio, phones):
    tokenizer = (Wav2Vec2PhonemeCTCTokenizer if phones else Wav2Vec2CTCTokenizer).from_pretrained(path)
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(path)
    model = Wav2Vec2ForCTC.from_pretrained(path).eval()
    samples, rate = soundfile.read(audio, dtype="float32")
    if rate != extractor.sampling_rate:
        return None
    inputs = extractor(samples, sampling_rate=rate, return_tensors="pt")
    with torch.inference_mode():
        ids = model(inputs.input_values).logits.argmax(-1)[0].tolist()
    # Repeats are merged before special tokens go: what transformers would drop first is told apart by blanks here.
    special = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id}
    merged = [token for index, token in enumerate(ids) if index == 0 or token != ids[index - 1]]
    spoken = [token for token in merged if token not in special]
    return tokenizer.decode(spoken, group_tokens=False)


def main(command, audio):
    differing, compared = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        layouts = os.path.join(folder, "layouts")
        subprocess.run([sys.executable, os.path.join(HERE, "..", "..", "Golden", "make_tokenizers.py"), layouts], check=True)

        def parp(*arguments):
            return subprocess.run([command, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

        for name in sorted(os.listdir(layouts)):
            source = os.path.join(layouts, name)
            copies = {"read": source}
            for kind in ("convert", "prune", "mask"):
                copies[kind] = os.path.join(folder, f"{name}-{kind}")
            parp("convert", source, "--output", copies["convert"])
            parp("prune", "--model", source, "--sparsity", "0.5", "--output", copies["prune"])
            parp("mask", "apply", "--mask", copies["prune"] + "/mask.safetensors", "--model", source, "--output",
                 copies["mask"])
            for kind, path in copies.items():
                expected = theirs(path, audio, "phones" in name)
                if expected is None:
                    continue
                found = parp("transcribe", "--model", path, audio).rstrip("\n")
                compared += 1
                if found != expected:
                    differing += 1
                    print(f"{name}, {kind}\n  parp          {found!r}\n  transformers  {expected!r}")
    print(f"{compared} transcripts compared, {differing} differ")
    sys.exit(1 if differing or not compared else 0)


main(*sys.argv[1:])
