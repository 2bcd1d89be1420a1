"""Writes Tests/Golden/models/{bert,xlnet}-*: small random models of text with what transformers says of them.

Run: python Tests/Golden/make_text_models.py
"""

import os

from text_models import make_examples, make_model, write_case

HERE = os.path.dirname(os.path.abspath(__file__))
# Directory, shape, head: a number of classes, one value, or masked tokens.
CASES = [
    ("bert-classes", "bert", "3"), ("bert-regression", "bert-odd", "regression"), ("bert-masked", "bert", "masked"),
    ("xlnet-classes", "xlnet-odd", "4"), ("xlnet-regression", "xlnet", "regression")]

for seed, (name, shape, head) in enumerate(CASES):
    model = make_model(shape, head, seed=seed + 41)
    write_case(os.path.join(HERE, "models", name), model, make_examples(model, 5, seed=seed + 51))
    print(name)
