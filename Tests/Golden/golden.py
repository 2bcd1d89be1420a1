"""What transformers says of a wav2vec 2.0 model: logits, losses, every gradient and ten Adam updates.

Shared by make_golden.py, which commits small cases, and Tests/Checks/Parity/parity.py, which compares live.
Needs: pip install 'torch==2.13.0+cpu' transformers safetensors
"""

import json
import math
import os

import numpy
import torch
from safetensors.torch import save_file
from transformers import HubertConfig, HubertForCTC, Wav2Vec2Config, Wav2Vec2ForCTC

FAMILIES = {"wav2vec2": (Wav2Vec2Config, Wav2Vec2ForCTC), "hubert": (HubertConfig, HubertForCTC)}

NO_NOISE = dict(
    hidden_dropout=0.0, activation_dropout=0.0, attention_dropout=0.0, feat_proj_dropout=0.0, final_dropout=0.0,
    layerdrop=0.0, apply_spec_augment=True, mask_time_prob=0.05, mask_feature_prob=0.0,
    ctc_loss_reduction="sum", ctc_zero_infinity=True, pad_token_id=0)

SHAPES = {
    # Base and large: group norm in the first convolution, norm after each block.
    "tiny-group": dict(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, vocab_size=12,
        conv_dim=[16] * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4),
    # XLSR-53: layer norm in every convolution, with bias, norm before each block.
    "tiny-stable": dict(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=48, vocab_size=11,
        conv_dim=[16] * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
        feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True),
    # Odd extents everywhere: what a size that divides nothing would hide.
    "tiny-odd": dict(
        hidden_size=42, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50, vocab_size=7,
        conv_dim=[5, 9, 7, 11, 13, 6, 10], num_conv_pos_embeddings=15, num_conv_pos_embedding_groups=3,
        conv_bias=True),
}


def make_model(shape, seed, family="wav2vec2"):
    """A model with weights far enough from their initial values that no gradient is hidden by a zero."""
    torch.manual_seed(seed)
    make_config, make_network = FAMILIES[family]
    model = make_network(make_config(**{**NO_NOISE, **shape}))
    disturb(model)
    model.train()
    model.config.apply_spec_augment = False
    return model


def disturb(model):
    """Moves weights away from initial values that hide gradients."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias") or "layer_norm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.05)
            elif "attention" in name or "feed_forward" in name:
                parameter.mul_(2.0)


def make_audio(length, generator):
    """Smooth random audio."""
    noise = generator.standard_normal(length)
    return (0.1 * numpy.convolve(noise, numpy.hanning(9), mode="same")).astype(numpy.float32)


def make_batch(model, lengths, seed, labels_per_second=6):
    """Smooth random audio and random targets with repeats."""
    generator = numpy.random.default_rng(seed)
    audio, targets = [], []
    for length in lengths:
        audio.append(make_audio(length, generator))
        count = max(2, int(length / 16000 * labels_per_second))
        target = generator.integers(1, model.config.vocab_size, count)
        target[1] = target[0]
        targets.append(target.astype(numpy.int64))
    return audio, targets


def losses_and_logits(model, audio, targets):
    """The summed CTC loss, one utterance at a time: nothing is padded."""
    total, losses, logits = 0.0, [], []
    for samples, target in zip(audio, targets):
        output = model(torch.from_numpy(samples)[None], labels=torch.from_numpy(target)[None])
        total = total + output.loss
        losses.append(output.loss.detach())
        logits.append(output.logits[0].detach())
    return total, losses, logits


def canonical(name):
    """The old spelling of weight norm, which our parameters' names follow."""
    return name.replace("conv.parametrizations.weight.original0", "conv.weight_g").replace(
        "conv.parametrizations.weight.original1", "conv.weight_v")


def reference(model, audio, targets, updates=10, learning_rate=1e-3):
    """All that is compared, as named tensors."""
    tensors = {}
    model.zero_grad()
    total, losses, logits = losses_and_logits(model, audio, targets)
    (total / len(audio)).backward()
    for index, (samples, target) in enumerate(zip(audio, targets)):
        tensors[f"audio.{index}"] = torch.from_numpy(samples)
        tensors[f"target.{index}"] = torch.from_numpy(target)
        tensors[f"logits.{index}"] = logits[index].contiguous()
        tensors[f"loss.{index}"] = losses[index].reshape(1)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            tensors[f"gradient.{canonical(name)}"] = parameter.grad.detach().clone().contiguous()
    model.freeze_feature_encoder()
    trained = [p for p in model.parameters() if p.requires_grad]
    tensors["trajectory"] = torch.tensor(
        adam_trajectory(
            trained, lambda _: losses_and_logits(model, audio, targets)[0] / len(audio), updates, learning_rate),
        dtype=torch.float64)
    return tensors


def adam_trajectory(trained, loss_at, updates, learning_rate):
    """The loss before each update, counted from 0, and after the last, with fairseq's Adam."""
    beta1, beta2, epsilon = 0.9, 0.98, 1e-8
    first = [torch.zeros_like(p) for p in trained]
    second = [torch.zeros_like(p) for p in trained]
    trajectory = []
    for step in range(1, updates + 2):
        for parameter in trained:
            parameter.grad = None
        loss = loss_at(step - 1)
        trajectory.append(loss.item())
        if step > updates:
            break
        loss.backward()
        size = learning_rate * math.sqrt(1 - beta2**step) / (1 - beta1**step)
        with torch.no_grad():
            for parameter, m, v in zip(trained, first, second):
                if parameter.grad is None:
                    continue
                m.mul_(beta1).add_(parameter.grad, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(parameter.grad, parameter.grad, value=1 - beta2)
                parameter.addcdiv_(m, v.sqrt().add_(epsilon), value=-size)
    return trajectory


def write_case(folder, model, audio, targets, learning_rate=1e-3, updates=10):
    """A model directory as transformers writes it, with its vocabulary and what is expected of it."""
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder)
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|"] + [chr(65 + i) for i in range(model.config.vocab_size)]
    with open(os.path.join(folder, "vocab.json"), "w") as file:
        json.dump({token: i for i, token in enumerate(letters[: model.config.vocab_size])}, file)
    with open(os.path.join(folder, "preprocessor_config.json"), "w") as file:
        json.dump(dict(
            do_normalize=False, feature_extractor_type="Wav2Vec2FeatureExtractor", feature_size=1,
            padding_side="right", padding_value=0.0, return_attention_mask=False, sampling_rate=16000), file)
    tensors = reference(model, audio, targets, updates, learning_rate)
    save_file(tensors, os.path.join(folder, "golden.safetensors"),
              metadata={"format": "pt", "learning_rate": repr(learning_rate), "updates": str(updates)})
