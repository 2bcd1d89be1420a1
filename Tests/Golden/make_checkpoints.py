"""Writes Tests/Golden/checkpoints/*: the weights of models/tiny-group in every container that is read.

group-zip/        torch zip, PyTorch's newer spelling of weight norm, wrapped as fairseq wraps: {"model": …}
group-legacy/     torch legacy container, older spelling of weight norm, shared and transposed storages
group-headless/   a pre-trained export without prefix and head, in two safetensors shards, old mask name
views-*.pt        views, element types and objects that a checkpoint may hold; expected in views.safetensors
fairseq/*.pt      models of models/ as fairseq checkpoints, in both containers and with every kind of configuration

Run: python Tests/Golden/make_checkpoints.py
"""

import argparse
import collections
import json
import os
import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import HubertForCTC, Wav2Vec2Config, Wav2Vec2ForCTC, Wav2Vec2ForPreTraining

import fairseq_format
from golden import NO_NOISE, SHAPES

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "models", "tiny-group")
TARGET = os.path.join(HERE, "checkpoints")


def old_spelling(name):
    return name.replace("conv.parametrizations.weight.original0", "conv.weight_g").replace(
        "conv.parametrizations.weight.original1", "conv.weight_v")


def folder(name):
    path = os.path.join(TARGET, name)
    os.makedirs(path)
    shutil.copy(os.path.join(SOURCE, "config.json"), path)
    return path


def write_zip(weights):
    state = collections.OrderedDict(weights)
    state._metadata = collections.OrderedDict({"": {"version": 1}})
    torch.save({"args": argparse.Namespace(arch="wav2vec2"), "model": state, "epoch": 3},
               os.path.join(folder("group-zip"), "pytorch_model.bin"))


def write_legacy(weights):
    # All vectors are slices of one storage, all matrices are stored transposed.
    vectors = [name for name in weights if weights[name].dim() == 1]
    joined = torch.cat([weights[name] for name in vectors])
    state, start = {}, 0
    for name in vectors:
        state[old_spelling(name)] = joined[start:start + weights[name].numel()]
        start += weights[name].numel()
    for name, tensor in weights.items():
        if tensor.dim() == 2:
            state[old_spelling(name)] = tensor.t().contiguous().t()
        elif tensor.dim() != 1:
            state[old_spelling(name)] = torch.nn.Parameter(tensor)
    torch.save(state, os.path.join(folder("group-legacy"), "pytorch_model.bin"), _use_new_zipfile_serialization=False)


def write_headless(weights):
    path = folder("group-headless")
    shards = [{}, {}]
    for index, (name, tensor) in enumerate(sorted(weights.items())):
        if not name.startswith("lm_head."):
            name = old_spelling(name).removeprefix("wav2vec2.").replace("masked_spec_embed", "mask_time_emb_vector")
            shards[index % 2][name] = tensor.clone()
    shards[1]["quantizer.codevectors"] = torch.zeros(1, 4, 2)
    index = {"metadata": {"total_size": 0}, "weight_map": {}}
    for number, shard in enumerate(shards):
        file = f"model-0000{number + 1}-of-00002.safetensors"
        save_file(shard, os.path.join(path, file), metadata={"format": "pt"})
        index["metadata"]["total_size"] += sum(t.numel() * 4 for t in shard.values())
        index["weight_map"].update({name: file for name in shard})
    with open(os.path.join(path, "model.safetensors.index.json"), "w") as file:
        json.dump(index, file)


def write_views():
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7
    special = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1.0, -2.5])
    state = {
        "whole": base, "transposed": base.transpose(0, 2), "row": base[1, 2], "column": base[:, 1, :],
        "strided": base.reshape(-1)[3:20:4], "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3),
        "half": torch.tensor([6e-8, 6.1e-5, 65504.0, -1 / 3]).half(), "special_half": special.half(),
        "bfloat": torch.tensor([1e-40, 3.3895e38, -1 / 3]).bfloat16(), "special_bfloat": special.bfloat16(),
        "double": torch.tensor([1e-300, 1 / 3, 1e300, -5e-46], dtype=torch.float64), "special": special,
        "parameter": torch.nn.Parameter(base[0].clone()),
    }
    expected = {name: tensor.detach().float().contiguous().clone() for name, tensor in state.items()}
    save_file(expected, os.path.join(TARGET, "views.safetensors"), metadata={"format": "pt"})
    others = {
        "long": torch.tensor([1, -2]), "bool": torch.tensor([True]), "text": "é", "number": -3, "float": 0.5,
        "large": 1 << 80, "bytes": b"\x00\xff", "none": None, "list": [1, [2]], "set": {1}, "tuple": (1, 2, 3, 4),
        "device": torch.device("cpu"), "dtype": torch.float16, "size": torch.Size([2, 3]),
        "names": argparse.Namespace(a=1), "default": collections.defaultdict(list),
    }
    for name, options in {
        "zip": {}, "zip-protocol4": {"pickle_protocol": 4},
        "legacy": {"_use_new_zipfile_serialization": False},
        "legacy-protocol5": {"_use_new_zipfile_serialization": False, "pickle_protocol": 5},
    }.items():
        torch.save({**state, **others}, os.path.join(TARGET, f"views-{name}.pt"), **options)


def letters(model):
    """The symbols of the golden vocabularies, those of a dictionary's file."""
    return (["|"] + [chr(65 + i) for i in range(model.config.vocab_size)])[: model.config.vocab_size - 4]


def fairseq_path(name):
    os.makedirs(os.path.join(TARGET, "fairseq"), exist_ok=True)
    return os.path.join(TARGET, "fairseq", name + ".pt")


def write_fairseq():
    group, stable = (
        Wav2Vec2ForCTC.from_pretrained(os.path.join(HERE, "models", name)) for name in ("tiny-group", "tiny-stable"))
    fairseq_format.write(fairseq_path("group-args-legacy"), group, "args", legacy=True, labels="ltr")
    fairseq_format.write(
        fairseq_path("stable-omegaconf-zip"), stable, "omegaconf", legacy=False, labels="ltr", symbols=letters(stable))
    fairseq_format.write(fairseq_path("stable-cfg-legacy"), stable, "cfg", legacy=True, labels="phn")
    with open(os.path.join(TARGET, "fairseq", "dict.ltr.txt"), "w") as file:
        file.writelines(f"{symbol} {1000 - index}\n" for index, symbol in enumerate(letters(group)))
    torch.manual_seed(41)
    config = Wav2Vec2Config(**{
        **NO_NOISE, **SHAPES["tiny-group"], "num_codevectors_per_group": 6, "num_codevector_groups": 2,
        "codevector_dim": 8, "proj_codevector_dim": 10})
    fairseq_format.write(fairseq_path("pretrained-args-zip"), Wav2Vec2ForPreTraining(config), "args", legacy=False)
    group, stable = (
        HubertForCTC.from_pretrained(os.path.join(HERE, "models", name)) for name in ("hubert-group", "hubert-stable"))
    fairseq_format.write(
        fairseq_path("hubert-stable"), stable, "omegaconf", legacy=True, labels="ltr", symbols=letters(stable))
    pretraining = {"label_embs_concat": torch.zeros(4, 8), "final_proj.weight": torch.zeros(8, group.config.hidden_size)}
    fairseq_format.write(
        fairseq_path("hubert-group-pretrained"), group, "cfg", legacy=False, extra_tensors=pretraining)


def main():
    shutil.rmtree(TARGET, ignore_errors=True)
    os.makedirs(TARGET)
    weights = load_file(os.path.join(SOURCE, "model.safetensors"))
    write_zip(weights)
    write_legacy(weights)
    write_headless(weights)
    write_views()
    write_fairseq()


main()
