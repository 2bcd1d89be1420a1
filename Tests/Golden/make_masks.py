"""Writes Tests/Golden/masks/*: a mask of models/tiny-group, as other tools hold it.

state.pt              the pool's state dict while torch.nn.utils.prune is on: 40 % of the pool, one ranking
bitmask.safetensors   the pool's weights after prune.remove, as compressed-tensors' BitmaskCompressor writes them
big.safetensors       block 0 of that file with numpy's own order of bits, as an early writer had them
layers.safetensors    the masks of another pruning: 40 % of every block

Run: python Tests/Golden/make_masks.py
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors 'compressed-tensors==0.12.2'
"""

import os

import numpy
import torch
from compressed_tensors.compressors.sparse_compressors.sparse_bitmask import BitmaskCompressor
from compressed_tensors.config import BitmaskConfig
from safetensors.torch import save_file
from torch.nn.utils import prune
from transformers import Wav2Vec2ForCTC

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "models", "tiny-group")
TARGET = os.path.join(HERE, "masks")
SPARSITY = 0.4


def pool(layers):
    """The authors' list of what is pruned, in their order."""
    found = []
    for layer in layers:
        attention, feed_forward = layer.attention, layer.feed_forward
        for module in (attention.k_proj, attention.v_proj, attention.q_proj, attention.out_proj,
                       feed_forward.intermediate_dense, feed_forward.output_dense):
            found += [(module, "weight"), (module, "bias")]
    return found


def is_in_pool(name):
    return ".layers." in name and "norm" not in name


def pruned(scope):
    model = Wav2Vec2ForCTC.from_pretrained(SOURCE)
    layers = model.wav2vec2.encoder.layers
    for group in ([layers] if scope == "global" else [[layer] for layer in layers]):
        prune.global_unstructured(pool(group), prune.L1Unstructured, amount=SPARSITY)
    return model


def main():
    os.makedirs(TARGET, exist_ok=True)
    model = pruned("global")
    torch.save({name: tensor for name, tensor in model.state_dict().items() if is_in_pool(name)},
               os.path.join(TARGET, "state.pt"))
    for module, name in pool(model.wav2vec2.encoder.layers):
        prune.remove(module, name)
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if is_in_pool(name)}
    compressed = BitmaskCompressor(BitmaskConfig()).compress(state)
    save_file(compressed, os.path.join(TARGET, "bitmask.safetensors"), metadata={"format": "pt"})
    compressed = {name: tensor for name, tensor in compressed.items() if ".layers.0." in name}
    for name in [name for name in compressed if name.endswith(".bitmask")]:
        weight = state[name.removesuffix(".bitmask") + ".weight"]
        compressed[name] = torch.from_numpy(numpy.packbits((weight != 0).numpy(), axis=-1))
    save_file(compressed, os.path.join(TARGET, "big.safetensors"), metadata={"format": "pt"})
    layered = {name.removesuffix("_mask"): mask.to(torch.uint8)
               for name, mask in pruned("layer").named_buffers() if name.endswith("_mask")}
    save_file(layered, os.path.join(TARGET, "layers.safetensors"), metadata={"format": "pt"})


main()
