"""Writes Tests/Unit/KernelsTests/GoldenValues.swift: what PyTorch makes of the inputs the kernel tests use.

    python Tests/Golden/kernel_values.py > Tests/Unit/KernelsTests/GoldenValues.swift

Inputs are `wave`s, the same formula as TestSupport's, rounded to float32; PyTorch computes in float64. Of each result
only its `projection` on a fixed direction is kept: one number that every element moves.
"""

import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
lines = []


def wave(*shape, phase):
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    values = torch.sin(0.7 * i + 0.013 * i * i + phase)
    return values.float().double().reshape(shape)


def projection(values):
    flat = values.detach().reshape(-1)
    i = torch.arange(flat.numel(), dtype=torch.float64)
    return float((flat * torch.cos(0.37 * i + 0.011 * i * i)).sum())


def golden(name, output, cotangent, **inputs):
    output.backward(cotangent)
    record(name, output=output, **{"d" + key[0].upper() + key[1:]: value.grad for key, value in inputs.items()})


def record(name, **values):
    fields = ", ".join(f'"{key}": {projection(value):.9g}' for key, value in values.items())
    lines.append(f"    static let {name}: [String: Double] = [\n        {fields}\n    ]")


def leaf(tensor):
    return tensor.clone().requires_grad_()


def utterances(values, lengths):
    return values.split(lengths)


def linear():
    x, w, b = leaf(wave(7, 5, phase=0)), leaf(wave(3, 5, phase=1)), leaf(wave(3, phase=2))
    golden("linear", F.linear(x, w, b), wave(7, 3, phase=9), input=x, weight=w, bias=b)


def layer_norm():
    x, w, b = leaf(wave(5, 37, phase=0)), leaf(wave(37, phase=1)), leaf(wave(37, phase=2))
    golden("layerNorm", F.layer_norm(x, (37,), w, b, 1e-5), wave(5, 37, phase=9), input=x, weight=w, bias=b)


def group_norm():
    x, w, b = leaf(wave(16, 67, phase=0)), leaf(wave(67, phase=1)), leaf(wave(67, phase=2))
    y = torch.cat([F.group_norm(u.T[None], 67, w, b, 1e-5)[0].T for u in utterances(x, [5, 11])])
    golden("groupNorm", y, wave(16, 67, phase=9), input=x, weight=w, bias=b)


def gelu():
    x = leaf(4 * wave(1, 301, phase=0))
    golden("gelu", F.gelu(x), wave(1, 301, phase=9), input=x)


def attention():
    q, k, v = (leaf(wave(12, 6, phase=p)) for p in (0, 1, 2))
    parts = []
    for qu, ku, vu in zip(*(utterances(t, [4, 8]) for t in (q, k, v))):
        heads = [t.reshape(len(t), 2, 3).transpose(0, 1) for t in (qu, ku, vu)]
        parts.append(F.scaled_dot_product_attention(*heads).transpose(0, 1).reshape(len(qu), 6))
    golden("attention", torch.cat(parts), wave(12, 6, phase=9), query=q, key=k, value=v)


def convolution(name, lengths, cin, cout, kernel, stride):
    x = leaf(wave(sum(lengths), cin, phase=0))
    w, b = leaf(wave(cout, kernel, cin, phase=1)), leaf(wave(cout, phase=2))
    y = torch.cat([F.conv1d(u.T[None], w.transpose(1, 2), b, stride)[0].T for u in utterances(x, lengths)])
    golden(name, y, wave(*y.shape, phase=9), input=x, weight=w, bias=b)


def weight_norm():
    v, g = leaf(wave(6, 4, 3, phase=0)), leaf(wave(4, phase=1))
    w = torch._weight_norm(v.transpose(1, 2), g.reshape(1, 1, 4), 2).transpose(1, 2)
    golden("weightNorm", w, wave(6, 4, 3, phase=9), direction=v, gain=g)


def positional_convolution(name, kernel):
    x = leaf(wave(14, 6, phase=0))
    w, b = leaf(wave(6, kernel, 3, phase=1)), leaf(wave(6, phase=2))
    parts = []
    for u in utterances(x, [5, 9]):
        y = F.conv1d(u.T[None], w.transpose(1, 2), b, padding=kernel // 2, groups=2)[0].T
        parts.append(y[: len(u)])
    golden(name, torch.cat(parts), wave(14, 6, phase=9), input=x, weight=w, bias=b)


def log_softmax():
    x = leaf(3 * wave(4, 29, phase=0))
    golden("logSoftmax", F.log_softmax(x, -1), wave(4, 29, phase=9))


def linear_transposed():
    x, w, b = leaf(wave(7, 5, phase=0)), leaf(wave(5, 3, phase=1)), leaf(wave(3, phase=2))
    golden("linearTransposed", x @ w + b, wave(7, 3, phase=9), input=x, weight=w, bias=b)


def tanh():
    x = leaf(2 * wave(3, 7, phase=0))
    golden("tanh", torch.tanh(x), wave(3, 7, phase=9), input=x)


def cross_entropy():
    logits = leaf(3 * wave(5, 4, phase=0))
    losses = F.cross_entropy(logits, torch.tensor([2, 0, 3, 3, 1]), reduction="none")
    losses.sum().backward()
    record("crossEntropy", dLogits=logits.grad)
    numbers("crossEntropyLosses", losses)


def relative_attention():
    """XLNet's content stream over 4 and 7 tokens in 2 heads of 3, as transformers' rel_attn_core computes it."""
    inputs = dict(query=wave(11, 6, phase=0), key=wave(11, 6, phase=1), value=wave(11, 6, phase=2),
                  positions=wave(13, 6, phase=3), segmentKeys=wave(2, 6, phase=4), contentBias=wave(1, 6, phase=5),
                  positionBias=wave(1, 6, phase=6), segmentBias=wave(1, 6, phase=7))
    leaves = {name: leaf(value) for name, value in inputs.items()}
    (q, k, v, r, g, u, w, s), parts = leaves.values(), []
    segments = torch.tensor([0, 0, 1, 2, 0, 0, 0, 1, 1, 1, 2]).split([4, 7])
    for start, own in zip((0, 4), segments):
        count = len(own)
        rows = slice(start, start + count)
        # Row 6 - p of the positions is p, that of a query less that of a key.
        offsets = 6 - (torch.arange(count)[:, None] - torch.arange(count)[None])
        other = (own[:, None] != own[None]).long()
        heads = []
        for head in (slice(0, 3), slice(3, 6)):
            query = q[rows, head]
            content = (query + u[:, head]) @ k[rows, head].T
            position = ((query + w[:, head])[:, None] * r[offsets][..., head]).sum(-1)
            segment = ((query + s[:, head])[:, None] * g[other][..., head]).sum(-1)
            heads.append(F.softmax((content + position + segment) / 3**0.5, -1) @ v[rows, head])
        parts.append(torch.cat(heads, -1))
    golden("relativeAttention", torch.cat(parts), wave(11, 6, phase=9), **leaves)


CTC_TARGETS = [[2, 2, 3], [1], [], [4, 1, 1, 4, 2]]
CTC_LENGTHS = [6, 3, 4, 11]


def ctc():
    logits = leaf(2 * wave(24, 5, phase=0))
    losses = torch.stack([
        F.ctc_loss(F.log_softmax(u, -1)[:, None], torch.tensor([t], dtype=torch.long).reshape(1, -1),
                   torch.tensor([len(u)]), torch.tensor([len(t)]), blank=0, reduction="none")[0]
        for u, t in zip(utterances(logits, CTC_LENGTHS), CTC_TARGETS)])
    losses.sum().backward()
    record("ctc", dLogits=logits.grad)
    numbers("ctcLosses", losses)


def gumbel_quantizer():
    """7 frames, 2 groups of 5 entries with 3 columns each, at temperature 0.7; the hard sample's gradient is the soft
    one's."""
    logits, noise = leaf(2 * wave(7, 10, phase=0)), 3 * wave(7, 10, phase=1)
    codevectors = leaf(wave(10, 3, phase=2))
    soft = F.softmax((logits + noise).reshape(7, 2, 5) / 0.7, -1)
    hard = F.one_hot(soft.argmax(-1), 5).double()
    sample = hard + (soft - soft.detach())
    quantized = (sample[..., None] * codevectors.reshape(2, 5, 3)).sum(2).reshape(7, 6)
    golden("gumbelQuantizer", quantized, wave(7, 6, phase=9), logits=logits, codevectors=codevectors)
    codes = ", ".join(str(int(code)) for code in soft.argmax(-1).reshape(-1))
    lines.append(f"    static let gumbelQuantizerCodes = [{codes}]")


def codebook_diversity():
    """The loss of each utterance times its frames, 2 groups of 5 entries."""
    logits = leaf(2 * wave(13, 10, phase=0))
    losses = []
    for u in utterances(logits, [5, 8]):
        p = F.softmax(u.reshape(len(u), 2, 5), -1).mean(0)
        losses.append((10 - torch.exp(-torch.xlogy(p, p).sum(-1)).sum()) / 10)
    (5 * losses[0] + 8 * losses[1]).backward()
    record("codebookDiversity", dLogits=logits.grad)
    numbers("codebookDiversityLosses", losses)


def contrastive_loss():
    """5 and 8 frames of 6 columns, 4 distractors each, those with the same two codes left out."""
    predictions, targets = leaf(wave(13, 6, phase=0)), leaf(wave(13, 6, phase=1))
    losses, correct = [], 0
    for c, q in zip(utterances(predictions, [5, 8]), utterances(targets, [5, 8])):
        count = len(c)
        rows = []
        for t in range(count):
            others = [(t + 1 + (3 * k + t) % (count - 1)) % count for k in range(4)]
            logits = torch.cosine_similarity(c[t][None], q[[t] + others]) / 0.1
            same = [False] + [(u % 3, u % 2) == (t % 3, t % 2) for u in others]
            rows.append(logits.masked_fill(torch.tensor(same), -math.inf))
        rows = torch.stack(rows)
        losses.append(F.cross_entropy(rows, torch.zeros(count, dtype=torch.long), reduction="sum"))
        correct += int((rows.argmax(-1) == 0).sum())
    sum(losses).backward()
    record("contrastiveLoss", dPredictions=predictions.grad, dTargets=targets.grad)
    numbers("contrastiveLosses", losses)
    lines.append(f"    static let contrastiveCorrect = {correct}")


def numbers(name, values):
    lines.append(f"    static let {name}: [Double] = [{', '.join(f'{float(v.detach()):.9g}' for v in values)}]")


def main():
    for make in (linear, layer_norm, group_norm, gelu, attention, weight_norm, log_softmax, ctc, gumbel_quantizer,
                 codebook_diversity, contrastive_loss, linear_transposed, tanh, cross_entropy, relative_attention):
        make()
    convolution("convolutionWaveform", [23, 41], 1, 4, 10, 5)
    convolution("convolutionOverlapping", [7, 12], 3, 4, 3, 2)
    convolution("convolutionDisjoint", [7, 12], 3, 4, 2, 2)
    positional_convolution("positionalConvolutionEven", 4)
    positional_convolution("positionalConvolutionOdd", 5)
    print(f"// Written by Tests/Golden/kernel_values.py with PyTorch {torch.__version__.split('+')[0]}; do not edit.\n")
    print("/// Projections of PyTorch's results and gradients, in float64.\nenum GoldenValues {")
    print("\n".join(lines) + "\n}")


main()
