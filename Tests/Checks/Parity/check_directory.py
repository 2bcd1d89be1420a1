"""Loads written model directories in transformers: no key may be missing, unexpected or of another shape.

Run: python Tests/Checks/Parity/check_directory.py DIR…
"""

import json
import os
import sys

import numpy
import torch
from safetensors import safe_open
from transformers import AutoFeatureExtractor, AutoTokenizer, Wav2Vec2ForCTC, Wav2Vec2Processor

# Names in our files, and where transformers has them.
SPOT_CHECKS = {
    "lm_head.weight": "lm_head.weight",
    "wav2vec2.feature_extractor.conv_layers.0.conv.weight": "wav2vec2.feature_extractor.conv_layers.0.conv.weight",
    "wav2vec2.encoder.pos_conv_embed.conv.weight_v":
        "wav2vec2.encoder.pos_conv_embed.conv.parametrizations.weight.original1",
}


def check(path):
    model, info = Wav2Vec2ForCTC.from_pretrained(path, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        assert not info.get(kind), f"{path}: {kind}: {sorted(info[kind])[:5]}"
    assert next(model.parameters()).dtype == torch.float32, f"{path}: {next(model.parameters()).dtype}"
    with safe_open(os.path.join(path, "model.safetensors"), "pt") as file:
        assert file.metadata()["format"] == "pt"
        state = model.state_dict()
        for ours, theirs in SPOT_CHECKS.items():
            assert torch.equal(file.get_tensor(ours), state[theirs]), f"{path}: {ours} differs"
    check_processor(path, model)
    print(f"{path}: {sum(p.numel() for p in model.parameters())} weights, no key missing or unexpected")


def check_processor(path, model):
    extractor = AutoFeatureExtractor.from_pretrained(path)
    vocabulary = os.path.join(path, "vocab.json")
    if not os.path.exists(vocabulary):
        return
    with open(vocabulary, encoding="utf-8") as file:
        tokens = json.load(file)
    tokenizer = AutoTokenizer.from_pretrained(path)
    processor = Wav2Vec2Processor.from_pretrained(path)
    assert {token: tokenizer.convert_tokens_to_ids(token) for token in tokens} == tokens
    assert len(tokens) == model.config.vocab_size == model.lm_head.out_features
    assert tokenizer.pad_token_id == model.config.pad_token_id
    samples = numpy.sin(numpy.arange(16000) / 20).astype(numpy.float32)
    inputs = processor(samples, sampling_rate=extractor.sampling_rate, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
    assert logits.shape == (1, 49, len(tokens)) and torch.isfinite(logits).all()
    assert isinstance(processor.batch_decode(logits.argmax(-1))[0], str)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        check(argument)
