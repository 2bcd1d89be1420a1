"""Writes Tests/Golden/models/*: small random models of both families and what transformers says of them.

Run: python Tests/Golden/make_golden.py
"""

import os

import numpy
import pretraining
from golden import SHAPES, make_audio, make_batch, make_model, write_case

HERE = os.path.dirname(os.path.abspath(__file__))

CASES = [(name, name, "wav2vec2") for name in SHAPES] + [
    # As HuBERT base and as HuBERT large.
    ("hubert-group", "tiny-group", "hubert"), ("hubert-stable", "tiny-stable", "hubert")]

for seed, (name, shape, family) in enumerate(CASES):
    model = make_model(SHAPES[shape], seed=seed + 1, family=family)
    audio, targets = make_batch(model, [4001, 7333, 11112], seed=seed + 11)
    write_case(os.path.join(HERE, "models", name), model, audio, targets)
    print(name)

# fairseq's weights for the shape of base, and transformers' own for that of XLSR-53.
SETTINGS = {
    "tiny-group": pretraining.Settings(feature_penalty=10.0, feature_gradient_scale=0.1),
    "tiny-stable": pretraining.Settings(),
}
for seed, (name, settings) in enumerate(SETTINGS.items()):
    peer = pretraining.Peer(SHAPES[name], settings, seed=seed + 21)
    generator = numpy.random.default_rng(seed + 31)
    # The first has no masked frame.
    audio = [make_audio(length, generator) for length in (3001, 8333, 12112)]
    pretraining.write_case(os.path.join(HERE, "models", "pretraining-" + name), peer, audio)
    print("pretraining", name)
