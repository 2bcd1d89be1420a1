"""Writes Tests/Golden/models/*: small random models of both families and what transformers says of them.

Run: python Tests/Golden/make_golden.py
"""

import os

from golden import SHAPES, make_batch, make_model, write_case

HERE = os.path.dirname(os.path.abspath(__file__))

CASES = [(name, name, "wav2vec2") for name in SHAPES] + [
    # As HuBERT base and as HuBERT large.
    ("hubert-group", "tiny-group", "hubert"), ("hubert-stable", "tiny-stable", "hubert")]

for seed, (name, shape, family) in enumerate(CASES):
    model = make_model(SHAPES[shape], seed=seed + 1, family=family)
    audio, targets = make_batch(model, [4001, 7333, 11112], seed=seed + 11)
    write_case(os.path.join(HERE, "models", name), model, audio, targets)
    print(name)
