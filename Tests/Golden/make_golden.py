"""Writes Tests/Golden/models/*: three small random models and what transformers says of them.

Run: python Tests/Golden/make_golden.py
"""

import os

from golden import SHAPES, make_batch, make_model, write_case

HERE = os.path.dirname(os.path.abspath(__file__))

for seed, (name, shape) in enumerate(SHAPES.items()):
    model = make_model(shape, seed=seed + 1)
    audio, targets = make_batch(model, [4001, 7333, 11112], seed=seed + 11)
    write_case(os.path.join(HERE, "models", name), model, audio, targets)
    print(name)
