"""Draws what the small model's pre-training starts from. Needs PyTorch and transformers (`make .venv`).

Usage: start.py MODEL OUTPUT      MODEL: a directory of `parp init --preset small`
Beside that model's weights it holds a quantiser whose codevectors are normal with mean 0, and orthogonal projections without
biases. transformers' and fairseq's codevectors are uniform in [0, 1): all point the same way, so that at first no target differs
much from another.
"""

import json
import os
import shutil
import sys

import torch
from safetensors.torch import load_file
from transformers import Wav2Vec2Config, Wav2Vec2ForPreTraining

model, output = sys.argv[1:3]
torch.manual_seed(1)
with open(os.path.join(model, "config.json"), encoding="utf-8") as file:
    config = json.load(file)
config["architectures"] = ["Wav2Vec2ForPreTraining"]
network = Wav2Vec2ForPreTraining(Wav2Vec2Config(**config))
network.load_state_dict(load_file(os.path.join(model, "model.safetensors")), strict=False)
with torch.no_grad():
    network.quantizer.codevectors.normal_(0, 1)
    for projection in (network.project_q, network.project_hid):
        torch.nn.init.orthogonal_(projection.weight)
        projection.bias.zero_()
network.save_pretrained(output)
with open(os.path.join(output, "config.json"), "w", encoding="utf-8") as file:
    json.dump(config, file, indent=1)
shutil.copy(os.path.join(model, "preprocessor_config.json"), output)
