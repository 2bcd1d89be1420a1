"""Writes models of transformers as fairseq checkpoints, without fairseq: the pickled names and attributes are those
that fairseq and omegaconf write, of classes that are made up here.

Shared by make_checkpoints.py and Tests/Checks/Parity/families.py.
"""

import argparse
import collections
import re
import sys
import types
import typing

import torch

# Transformers' names of parameters, and fairseq's; the first that matches counts.
NAMES = [
    (r"^lm_head\.", "w2v_encoder.proj."),
    (r"^masked_spec_embed$", "mask_emb"),
    (r"^feature_extractor\.conv_layers\.(\d+)\.conv\.", r"feature_extractor.conv_layers.\1.0."),
    (r"^feature_projection\.layer_norm\.", "layer_norm."),
    (r"^feature_projection\.projection\.", "post_extract_proj."),
    (r"^encoder\.pos_conv_embed\.conv\.parametrizations\.weight\.original0$", "encoder.pos_conv.0.weight_g"),
    (r"^encoder\.pos_conv_embed\.conv\.parametrizations\.weight\.original1$", "encoder.pos_conv.0.weight_v"),
    (r"^encoder\.pos_conv_embed\.conv\.", "encoder.pos_conv.0."),
    (r"^encoder\.layers\.(\d+)\.attention\.", r"encoder.layers.\1.self_attn."),
    (r"^encoder\.layers\.(\d+)\.layer_norm\.", r"encoder.layers.\1.self_attn_layer_norm."),
    (r"^encoder\.layers\.(\d+)\.feed_forward\.intermediate_dense\.", r"encoder.layers.\1.fc1."),
    (r"^encoder\.layers\.(\d+)\.feed_forward\.output_dense\.", r"encoder.layers.\1.fc2."),
    (r"^quantizer\.codevectors$", "quantizer.vars"),
    (r"^project_hid\.", "final_proj."),
]


def class_named(name):
    """A class that pickles as `package.module.Name`."""
    module, name = name.rsplit(".", 1)
    parts = module.split(".")
    for path in (".".join(parts[:count]) for count in range(1, len(parts) + 1)):
        sys.modules.setdefault(path, types.ModuleType(path))
    made = type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, made)
    return made


DictConfig = class_named("omegaconf.dictconfig.DictConfig")
ListConfig = class_named("omegaconf.listconfig.ListConfig")
AnyNode = class_named("omegaconf.nodes.AnyNode")
Metadata = class_named("omegaconf.base.Metadata")
ContainerMetadata = class_named("omegaconf.base.ContainerMetadata")
Dictionary = class_named("fairseq.data.dictionary.Dictionary")


def attributes(made, **values):
    instance = made()
    instance.__dict__.update(values)
    return instance


def omegaconf_node(value, parent=None, key=None):
    """A value as omegaconf 2.0 keeps it: nodes that know their parent, and types among their metadata."""
    if isinstance(value, dict):
        node = attributes(DictConfig, _metadata=attributes(
            ContainerMetadata, ref_type=typing.Any, object_type=dict, optional=True, key=key, flags={},
            resolver_cache=collections.defaultdict(dict), key_type=typing.Any, element_type=typing.Any),
            _parent=parent)
        node._content = {name: omegaconf_node(item, node, name) for name, item in value.items()}
    elif isinstance(value, (list, tuple)):
        node = attributes(ListConfig, _metadata=attributes(
            ContainerMetadata, ref_type=typing.Tuple[float, float, float], object_type=list, optional=True, key=key,
            flags={}, resolver_cache=collections.defaultdict(dict), key_type=int, element_type=typing.Any),
            _parent=parent)
        node._content = [omegaconf_node(item, node, index) for index, item in enumerate(value)]
    else:
        node = attributes(AnyNode, _metadata=attributes(
            Metadata, ref_type=typing.Any, object_type=type(value), optional=True, key=key, flags={}),
            _parent=parent, _val=value)
    return node


def convolution_expression(config):
    """As fairseq's recipes write it: a Python expression, repetitions included."""
    triples = list(zip(config.conv_dim, config.conv_kernel, config.conv_stride))
    terms = []
    while triples:
        count = next((i for i, triple in enumerate(triples) if triple != triples[0]), len(triples))
        terms.append(f"[{triples[0]}]" + (f" * {count}" if count > 1 else ""))
        triples = triples[count:]
    return " + ".join(terms)


def model_arguments(config):
    """What fairseq states of a network."""
    return dict(
        extractor_mode="default" if config.feat_extract_norm == "group" else "layer_norm",
        encoder_layers=config.num_hidden_layers, encoder_embed_dim=config.hidden_size,
        encoder_ffn_embed_dim=config.intermediate_size, encoder_attention_heads=config.num_attention_heads,
        activation_fn="gelu", dropout=0.1, layer_norm_first=config.do_stable_layer_norm,
        conv_feature_layers=convolution_expression(config), conv_bias=config.conv_bias,
        conv_pos=config.num_conv_pos_embeddings, conv_pos_groups=config.num_conv_pos_embedding_groups,
        latent_temp=(2.0, 0.5, 0.999995), quantize_targets=True)


def task_arguments(labels=None):
    return dict(data="/data", labels=labels, sample_rate=16000, normalize=False)


def pretrained_configuration(config, style):
    """`args` as up to version 0.10, or `cfg` as since, a dictionary or omegaconf's."""
    family = config.model_type
    if style == "args":
        return argparse.Namespace(arch=family, **task_arguments(), **model_arguments(config))
    return dict(
        model=dict(_name=family, **model_arguments(config)),
        task=dict(_name="audio_pretraining" if family == "wav2vec2" else "hubert_pretraining", **task_arguments()))


def configuration(config, style, labels):
    """The configuration of a checkpoint; a fine-tuned one holds its pre-trained model's."""
    if labels is None:
        whole = pretrained_configuration(config, style)
    else:
        # Of the head's own configuration some keys say the opposite of the network's.
        inner = pretrained_configuration(config, style)
        name = "wav2vec_ctc" if config.model_type == "wav2vec2" else "hubert_ctc"
        outer = dict(w2v_path="/models/pretrained.pt", normalize=False, encoder_embed_dim=1, w2v_args=inner)
        whole = (argparse.Namespace(arch=name, **{**task_arguments(labels), **outer}) if style == "args" else
                 dict(model=dict(_name=name, **outer), task=dict(_name="audio_finetuning", **task_arguments(labels))))
    return omegaconf_node(whole) if style == "omegaconf" else whole


def fairseq_name(name, norm_place):
    inner = re.sub(r"^(wav2vec2|hubert)\.", "", name)
    layer_norm = re.match(r"^feature_extractor\.conv_layers\.(\d+)\.layer_norm\.(.*)$", inner)
    if layer_norm:
        return f"feature_extractor.conv_layers.{layer_norm[1]}.{norm_place}.{layer_norm[2]}"
    for pattern, new in NAMES:
        inner, count = re.subn(pattern, new, inner)
        if count:
            break
    return inner


def weights(model, fine_tuned):
    norm_place = "2" if model.config.feat_extract_norm == "group" else "2.1"
    state = collections.OrderedDict()
    for name, tensor in model.state_dict().items():
        new = fairseq_name(name, norm_place)
        if new.startswith("w2v_encoder.proj."):
            if fine_tuned:
                state[new] = tensor
        else:
            state["w2v_encoder.w2v_model." * fine_tuned + new] = tensor
    return state


def dictionary(symbols):
    """A dictionary with fairseq's special symbols before the others."""
    symbols = ["<s>", "<pad>", "</s>", "<unk>"] + symbols
    return attributes(
        Dictionary, bos_word="<s>", unk_word="<unk>", pad_word="<pad>", eos_word="</s>", symbols=symbols,
        count=[1] * len(symbols), indices={symbol: index for index, symbol in enumerate(symbols)}, bos_index=0,
        pad_index=1, eos_index=2, unk_index=3, nspecial=4)


def write(path, model, style, legacy, labels=None, symbols=None, extra_tensors=()):
    """A checkpoint of `model`: fine-tuned if `labels` names its kind of labels, with its dictionary if `symbols`."""
    whole = configuration(model.config, style, labels)
    state = weights(model, labels is not None)
    state.update(extra_tensors)
    checkpoint = {
        "args": whole if style == "args" else None, "cfg": None if style == "args" else whole, "model": state,
        "criterion": None,
        "optimizer_history": [{"criterion_name": "CtcCriterion", "num_updates": 3, "lr_scheduler_state": {"best": None}}],
        "task_state": {"target_dictionary": dictionary(symbols)} if symbols else {},
        "extra_state": {"train_iterator": {"epoch": 1}, "val_loss": 0.5},
        "last_optimizer_state": {"state": {0: {"step": 3, "exp_avg": torch.zeros(3)}}, "param_groups": []},
    }
    torch.save(checkpoint, path, _use_new_zipfile_serialization=not legacy)
