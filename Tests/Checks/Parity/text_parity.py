"""Compares BERT and XLNet with transformers, live: fresh weights and tokens, every head, sizes that divide nothing.

Usage: text_parity.py BUILD_FOLDER [--seed N] [--base]
For each case: ParityProbe on the directory that transformers wrote, on the same weights as other programs store them (no
prefix, TensorFlow's names of norms, a table of positions), and on the directory that parp writes back, which
transformers must load without a missing or unexpected key. --base takes BERT base's and XLNet base's size once.
Ends with 1 if anything lies outside the tolerances of docs/numerics.md.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig
from transformers.utils import logging

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "..", "Golden"))

import text_models  # noqa: E402

TOLERANCES = dict(logits=1e-4, loss=1e-5, gradient=1e-3, trajectory=1e-3, packed=2e-5)
HEADS = {"bert": ["2", "5", "regression", "masked"], "xlnet": ["2", "5", "regression"]}
BASE = {
    "bert": dict(vocab_size=30522, hidden_size=768, num_hidden_layers=12, num_attention_heads=12,
                 intermediate_size=3072, max_position_embeddings=512),
    "xlnet": dict(vocab_size=32000, d_model=768, n_layer=12, n_head=12, d_inner=3072),
}


def random_shape(family, generator):
    """Extents that divide nothing but what they must."""
    heads, size = generator.randrange(1, 6), generator.randrange(3, 18)
    vocabulary, layers, inner = generator.randrange(20, 120), generator.randrange(1, 5), generator.randrange(9, 90)
    if family == "bert":
        return dict(
            vocab_size=vocabulary, hidden_size=heads * size, num_hidden_layers=layers, num_attention_heads=heads,
            intermediate_size=inner, max_position_embeddings=generator.randrange(30, 60),
            layer_norm_eps=generator.choice([1e-12, 1e-7, 1e-5]))
    return dict(vocab_size=vocabulary, d_model=2 * heads * size, n_layer=layers, n_head=heads, d_inner=inner)


def rewrite(directory, family):
    """The same weights under names that other programs gave them."""
    path = os.path.join(directory, "model.safetensors")
    tensors = {}
    for name, tensor in load_file(path).items():
        name = name.split(".", 1)[1] if name.startswith(("bert.", "transformer.")) else name
        if family == "bert":
            name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        tensors[name] = tensor
    if family == "bert":
        tensors["embeddings.position_ids"] = torch.arange(512)[None]
    save_file(tensors, path, metadata={"format": "pt"})


def probe(build, directory, *options):
    command = [os.path.join(build, "ParityProbe"), "--text", directory, *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def compare(build, family, head, shape, seed, longest, spread):
    """The largest differences of one model in both spellings, and what is wrong with the directory written back."""
    model = text_models.make_model(family, head, seed, spread, **shape)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    examples = text_models.make_examples(model, 4, seed, longest)
    with tempfile.TemporaryDirectory() as folder:
        directory, written = os.path.join(folder, "model"), os.path.join(folder, "written")
        text_models.write_case(directory, model, examples)
        report = probe(build, directory, f"--write={written}")
        loaded, info = type(model).from_pretrained(written, output_loading_info=True)
        faults = [f"transformers says {key}: {sorted(value)}" for key, value in info.items() if value]
        state = loaded.state_dict()
        if state.keys() != before.keys() or any(not torch.equal(state[name], before[name]) for name in before):
            faults.append("other weights")
        if AutoConfig.from_pretrained(written).architectures != [type(model).__name__]:
            faults.append("another class")
        rewrite(directory, family)
        respelled = probe(build, directory)
    return {key: max(report[key], respelled[key]) for key in TOLERANCES}, faults


def main():
    logging.disable_progress_bar()
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    parser.add_argument("--models", type=int, default=3, help="random models of each head")
    parser.add_argument("--base", action="store_true")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}; tolerances: " + ", ".join(f"{k} {v:g}" for k, v in TOLERANCES.items()))
    print("| model | head | shape | " + " | ".join(TOLERANCES) + " |")
    print("|---" * (3 + len(TOLERANCES)) + "|")
    generator = random.Random(arguments.seed)
    cases = [(family, head, random_shape(family, generator), 24)
             for family, heads in HEADS.items() for head in heads for _ in range(arguments.models)]
    if arguments.base:
        cases = [(family, "2", shape, 60) for family, shape in BASE.items()]
    failed = 0
    for index, (family, head, shape, longest) in enumerate(cases):
        found, faults = compare(
            arguments.build, family, head, shape, arguments.seed + index, longest,
            spread=1.0 if arguments.base else 3.0)
        faults += [f"{key} {found[key]}" for key, limit in TOLERANCES.items() if not found[key] < limit]
        failed += len(faults)
        extents = "/".join(str(value) for value in shape.values())
        print(f"| {family} | {head} | {extents} | " + " | ".join(f"{found[key]:.1e}" for key in TOLERANCES) + " |",
              flush=True)
        for fault in faults:
            print(f"  FAILED: {fault}")
    print(f"{len(cases)} models, {failed} faults")
    sys.exit(1 if failed else 0)


main()
