"""What transformers says of BERT and XLNet: logits, losses, every gradient and ten Adam updates, one example at a time.

Shared by make_text_models.py, which commits small cases, and Tests/Checks/Parity/text_parity.py, which compares live.
"""

import os

import golden
import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig, BertForMaskedLM, BertForSequenceClassification, XLNetConfig, XLNetForSequenceClassification)

NO_DROPOUT = {
    "bert": dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.0),
    "xlnet": dict(dropout=0.0, summary_last_dropout=0.0),
}
SHAPES = {
    "bert": dict(
        vocab_size=61, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=40,
        max_position_embeddings=40),
    # Odd extents everywhere: what a size that divides nothing would hide.
    "bert-odd": dict(
        vocab_size=53, hidden_size=21, num_hidden_layers=3, num_attention_heads=3, intermediate_size=35,
        max_position_embeddings=37, layer_norm_eps=1e-7),
    "xlnet": dict(vocab_size=61, d_model=24, n_layer=2, n_head=2, d_inner=40),
    "xlnet-odd": dict(vocab_size=53, d_model=30, n_layer=3, n_head=3, d_inner=37),
}


def make_model(shape, head, seed, spread=3.0, **changes):
    """A model with weights far enough from their initial values that no gradient is hidden by a zero.

    spread multiplies matrices. Twelve layers want 1: with larger weights their tokens grow alike, the gradients of
    attention in the last layers are differences of equal numbers, and PyTorch's own float32 is noise there: with a layer's
    inner units in another order, which changes nothing, ten updates of XLNet's base size end up to 9e-4 apart.
    """
    torch.manual_seed(seed)
    family = shape.split("-")[0]
    options = {**NO_DROPOUT[family], **SHAPES.get(shape, {}), **changes}
    labels = {"regression": 1, "masked": 2}.get(head) or int(head)
    config = (BertConfig if family == "bert" else XLNetConfig)(num_labels=labels, **options)
    if head == "regression":
        config.problem_type = "regression"
    if head == "masked":
        model = BertForMaskedLM(config)
    else:
        model = (BertForSequenceClassification if family == "bert" else XLNetForSequenceClassification)(config)
    disturb(model, spread)
    return model.train()


def disturb(model, spread):
    """Moves weights away from initial values that hide gradients, most of all the zeros of biases."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "bias" in name or "norm" in name.lower() or "seg_embed" in name:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            elif parameter.dim() > 1 and "embedding" not in name:
                parameter.mul_(spread)


def make_examples(model, count, seed, longest=24):
    """Random token ids, half of them pairs, with the segments and special tokens of the model's family."""
    generator = torch.Generator().manual_seed(seed)
    config = model.config

    def tokens(number):
        return torch.randint(5, config.vocab_size, (number,), generator=generator).tolist()

    examples = []
    for index in range(count):
        first, second = (int(torch.randint(1, longest // 2, (1,), generator=generator)) for _ in range(2))
        texts = [tokens(first)] + ([tokens(second)] if index % 2 else [])
        if config.model_type == "bert":
            ids, segments = [1], [0]
            for segment, text in enumerate(texts):
                ids += text + [2]
                segments += [segment] * (len(text) + 1)
        else:
            ids, segments = [], []
            for segment, text in enumerate(texts):
                ids += text + [4]
                segments += [segment] * (len(text) + 1)
            ids, segments = ids + [3], segments + [2]
        examples.append((torch.tensor(ids), torch.tensor(segments), make_target(model, ids, generator)))
    return examples


def make_target(model, ids, generator):
    """A class, a value, or for a masked language model the true token of some places and -100 elsewhere."""
    if isinstance(model, BertForMaskedLM):
        target = torch.full((len(ids),), -100)
        for place in {0, len(ids) // 2, len(ids) - 1}:
            target[place] = int(torch.randint(0, model.config.vocab_size, (1,), generator=generator))
        return target
    if model.config.num_labels == 1:
        return 2 * torch.randn((1,), generator=generator)
    return torch.randint(0, model.config.num_labels, (1,), generator=generator)


def losses_and_logits(model, examples):
    """The summed loss, one example at a time: nothing is padded."""
    total, losses, logits = 0.0, [], []
    for ids, segments, target in examples:
        output = model(ids[None], token_type_ids=segments[None], labels=target[None])
        loss = output.loss * (target != -100).sum() if target.dim() and len(target) == len(ids) > 1 else output.loss
        total = total + loss
        losses.append(loss.detach())
        logits.append(output.logits[0].detach())
    return total, losses, logits


def denominator(examples):
    """What the summed loss is divided by: the examples, or the masked tokens."""
    return sum(int((target != -100).sum()) if len(target) > 1 else 1 for _, _, target in examples)


def gradients(model, examples):
    """The gradient of the mean loss by each parameter that has one."""
    model.zero_grad()
    (losses_and_logits(model, examples)[0] / denominator(examples)).backward()
    return {name: parameter.grad.detach().contiguous().clone()
            for name, parameter in model.named_parameters() if parameter.grad is not None}


def reference(model, examples, updates=10, learning_rate=1e-3):
    """All that is compared, as named tensors."""
    count = denominator(examples)
    tensors = {f"gradient.{name}": gradient for name, gradient in gradients(model, examples).items()}
    _, losses, logits = losses_and_logits(model, examples)
    for index, (ids, segments, target) in enumerate(examples):
        masked = isinstance(model, BertForMaskedLM)
        places = (target != -100).nonzero()[:, 0] if masked else torch.tensor([0])
        tensors[f"tokens.{index}"] = ids
        tensors[f"segments.{index}"] = segments
        tensors[f"places.{index}"] = places
        tensors[f"target.{index}"] = target[places] if masked else target
        tensors[f"logits.{index}"] = (logits[index][places] if masked else logits[index]).contiguous()
        tensors[f"loss.{index}"] = losses[index].reshape(1)
    tensors["trajectory"] = torch.tensor(
        golden.adam_trajectory(
            list(model.parameters()), lambda _: losses_and_logits(model, examples)[0] / count, updates,
            learning_rate), dtype=torch.float64)
    return tensors


def write_case(folder, model, examples, learning_rate=1e-3, updates=10):
    """A model directory as transformers writes it, with what is expected of it."""
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder)
    save_file(
        reference(model, examples, updates, learning_rate), os.path.join(folder, "golden.safetensors"),
        metadata={"format": "pt", "learning_rate": repr(learning_rate), "updates": str(updates)})
