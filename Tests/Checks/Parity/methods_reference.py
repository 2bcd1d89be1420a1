"""Compares `parp train` with methods that learn their mask, each written from its paper in PyTorch: same masks, same losses.

Usage: methods_reference.py BUILD_FOLDER [--seed N] [--ranks N ...] [--only NAME ...]
Every class below is one method and shares nothing with the others but the selection of k scores: what its paper says of
the forward pass, of the gradient of weights and scores, and of when masks change stands in its own words. The model is
transformers', Adam and the learning rate are fairseq's, and there is no noise (parp_parity.py). Prints a table and ends
with 1 if anything lies outside the tolerances.
Needs: pip install torch transformers safetensors soundfile
"""

import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import parp_parity as parity  # noqa: E402

UPDATES = 60
# What selects by scores amplifies roundings: a score within one of the threshold falls to the other side.
LEAST_IOU = 0.995
LOSS_TOLERANCE = 2e-3


def largest(scores, count):
    """The mask of the `count` largest."""
    mask = torch.zeros(scores.numel(), dtype=torch.bool)
    mask[torch.topk(scores.flatten(), count).indices] = True
    return mask.view_as(scores)


def kept_count(sparsity, size):
    """What PyTorch's pruning keeps: it prunes round(s · N), half to even."""
    return size - round(sparsity * size)


def cubic(sparsity, share):
    """Zhu and Gupta (2017), equation 1, from 0."""
    return sparsity - sparsity * (1 - share) ** 3


class Method:
    """What happens around an update: `before` forward, `after` backward, and `finish` once weights have moved."""

    def __init__(self, pool, sparsity, interval, updates=UPDATES):
        self.pool, self.sparsity, self.interval, self.updates = pool, sparsity, interval, updates
        self.masks = {}
        self.mask = [torch.ones_like(p, dtype=torch.bool) for p in pool]

    def planned(self, first, last):
        """Updates after which a mask is planned: multiples of the interval in (first, last]."""
        return [u for u in range(self.interval, self.updates + 1, self.interval) if first < u <= last]

    def select(self, scores, sparsity):
        """Each parameter ranked by itself, as these papers have it."""
        return [largest(s, kept_count(sparsity, s.numel())) for s in scores]

    def take(self, update, mask):
        self.mask = self.masks[update] = mask

    def start(self):
        pass

    def before(self):
        pass

    def after(self, rate):
        pass

    def finish(self, update, optimizer):
        pass

    @torch.no_grad()
    def forget(self, optimizer):
        """Clears Adam's moments of what is pruned."""
        for parameter, mask in zip(self.pool, self.mask):
            for moment in optimizer.of(parameter):
                moment.mul_(mask)


class Behind(Method):
    """Forward on W ⊙ M, while W is kept."""

    @torch.no_grad()
    def before(self):
        self.kept = [p.detach().clone() for p in self.pool]
        for parameter, mask in zip(self.pool, self.mask):
            parameter.mul_(mask)

    @torch.no_grad()
    def after(self, rate):
        for parameter, kept in zip(self.pool, self.kept):
            parameter.copy_(kept)


class Gradual(Behind):
    """Gradual magnitude pruning: "the weights that were masked in the forward execution do not get updated", and masks
    stay once the sparsity is reached (Zhu and Gupta, 2017, section 3)."""

    begin, end = 0.0, 0.7

    def after(self, rate):
        super().after(rate)
        for parameter, mask in zip(self.pool, self.mask):
            parameter.grad.mul_(mask)

    def finish(self, update, optimizer):
        steps = self.planned(self.begin * self.updates, self.end * self.updates)
        if update in steps:
            self.take(update, self.select(
                [p.detach().abs() for p in self.pool], cubic(self.sparsity, (steps.index(update) + 1) / len(steps))))
            self.forget(optimizer)


class Movement(Behind):
    """Movement pruning: the mask keeps the largest scores; ∂L/∂S = (∂L/∂W') W, of pruned weights too, ∂L/∂W =
    (∂L/∂W') ⊙ M (Sanh et al., 2020, section 4). A tenth of the run is dense, the last fifth has the final sparsity."""

    begin, end = 0.1, 0.8

    def start(self):
        self.scores = [torch.zeros_like(p) for p in self.pool]

    @torch.no_grad()
    def after(self, rate):
        super().after(rate)
        for parameter, mask, score in zip(self.pool, self.mask, self.scores):
            score -= rate * parameter.grad * parameter
            parameter.grad.mul_(mask)

    def finish(self, update, optimizer):
        steps = self.planned(self.begin * self.updates, self.end * self.updates)
        if update in self.planned(self.begin * self.updates, self.updates):
            share = (steps.index(update) + 1) / len(steps) if update in steps else 1
            self.take(update, self.select(self.scores, cubic(self.sparsity, share)))
            self.forget(optimizer)


class RigL(Method):
    """Every ΔT updates the share α/2 (1 + cos(πt/T)) of a parameter's weights is dropped, those of the smallest
    magnitude, and as many grow where the gradient is largest, from 0 (Evci et al., 2020, section 3, algorithm 1)."""

    alpha, stop = 0.3, 0.75

    @torch.no_grad()
    def start(self):
        self.take(0, self.select([p.abs() for p in self.pool], self.sparsity))
        for parameter, mask in zip(self.pool, self.mask):
            parameter.mul_(mask)

    def after(self, rate):
        self.gradients = [p.grad.clone() for p in self.pool]
        for parameter, mask in zip(self.pool, self.mask):
            parameter.grad.mul_(mask)

    @torch.no_grad()
    def finish(self, update, optimizer):
        last = self.stop * self.updates
        if update not in self.planned(0, last):
            return
        share = self.alpha / 2 * (1 + math.cos(math.pi * update / last)) if update < last else 0
        masks = []
        for parameter, mask, gradient in zip(self.pool, self.mask, self.gradients):
            active = int(mask.sum())
            grown = int(share * active)
            stays = largest(torch.where(mask, parameter.abs(), -torch.ones(())), active - grown)
            grows = largest(torch.where(stays, -torch.ones(()), gradient.abs()), grown)
            parameter.mul_(stays | (grows & mask))
            masks.append(stays | grows)
        # Connections that are new have no history.
        old = self.mask
        for parameter, before, now in zip(self.pool, old, masks):
            for moment in optimizer.of(parameter):
                moment.mul_(before & now)
        self.take(update, masks)


class Router(Behind):
    """S³-Router: weights stand still, the head and scores are trained; the mask keeps the largest |S|, whose gradient
    passes straight through it; scores start as the weights (Fu et al., 2022, section 3, and its authors' recipe for
    pruning)."""

    trains_weights = False

    def start(self):
        self.scores = [p.detach().clone() for p in self.pool]
        self.adam = parity.Adam([(str(i), s) for i, s in enumerate(self.scores)])
        self.take(0, self.select([s.abs() for s in self.scores], self.sparsity))

    def after(self, rate):
        super().after(rate)
        for parameter, score in zip(self.pool, self.scores):
            score.grad = parameter.grad * parameter.detach() * score.sign()
        self.adam.update([(str(i), s) for i, s in enumerate(self.scores)], rate)

    def finish(self, update, optimizer):
        if update in self.planned(0, self.updates):
            self.take(update, self.select([s.abs() for s in self.scores], self.sparsity))


class ParpMasked(Behind):
    """Ours: the sparsity of gradual pruning in one ranking of all weights, forward through the mask, and the gradient
    there given to all unmasked values; from seven tenths of the run on pruned weights are 0."""

    end = 0.7

    def select(self, scores, sparsity):
        mask = largest(torch.cat([s.flatten() for s in scores]), kept_count(sparsity, sum(s.numel() for s in scores)))
        return [m.view_as(s) for m, s in zip(mask.split([s.numel() for s in scores]), scores)]

    def score(self):
        return [p.detach().abs() for p in self.pool]

    def after(self, rate):
        super().after(rate)
        if self.update_count >= self.end * self.updates:
            for parameter, mask in zip(self.pool, self.mask):
                parameter.grad.mul_(mask)
        self.update_count += 1

    def start(self):
        self.update_count = 0

    def finish(self, update, optimizer):
        last = self.end * self.updates
        steps = self.planned(0, last)
        if update not in steps and update != last:
            return
        share = (steps.index(update) + 1) / len(steps) if update in steps else 1
        self.take(update, self.select(self.score(), cubic(self.sparsity, share)))
        if update == last:
            self.forget(optimizer)


class ParpMoved(ParpMasked):
    """The same by |W| and movement together, each over its root mean square."""

    def start(self):
        super().start()
        self.scores = [torch.zeros_like(p) for p in self.pool]

    @torch.no_grad()
    def after(self, rate):
        super().after(rate)
        for score, parameter in zip(self.scores, self.pool):
            score -= rate * parameter.grad * parameter

    def score(self):
        def unit(tensors):
            count = sum(t.numel() for t in tensors)
            mean = math.sqrt(sum(float(t.double().square().sum()) for t in tensors) / count)
            return [t / mean for t in tensors]
        return [w + s for w, s in zip(unit([p.detach().abs() for p in self.pool]), unit(self.scores))]


class Optimizer(parity.Adam):
    """Adam by parameter, not by name."""

    def __init__(self, named):
        super().__init__(named)
        self.names = {id(parameter): name for name, parameter in named}

    def of(self, parameter):
        return self.moments[self.names[id(parameter)]]


def train(model, audio, targets, method):
    """The losses of all updates; masks are the method's."""
    named = [(n, p) for n, p in model.named_parameters()
             if "feature_extractor" not in n and "masked_spec_embed" not in n]
    if not getattr(method, "trains_weights", True):
        named = [(n, p) for n, p in named if n.startswith("lm_head")]
    optimizer, losses = Optimizer(named), []
    parity.UPDATES = method.updates
    method.start()
    for update in range(1, method.updates + 1):
        model.zero_grad()
        with torch.no_grad():
            method.before()
        total, _, _ = parity.golden.losses_and_logits(model, audio, targets)
        (total / len(audio)).backward()
        losses.append(total.item() / len(audio))
        rate = parity.learning_rate(update - 1)
        method.after(rate)
        optimizer.update(named, rate)
        method.finish(update, optimizer)
    return losses


# Name, class, shape of model, sparsity, interval, and what the recipe says beside the method.
PER_PARAMETER = {"scope": "parameter", "include_biases": False}
CASES = [
    ("gmp", Gradual, parity.SMALL, 0.8, 3, PER_PARAMETER),
    ("movement", Movement, parity.SMALL, 0.7, 3, PER_PARAMETER),
    ("rigl", RigL, parity.STABLE, 0.7, 5, PER_PARAMETER),
    ("s3-router", Router, parity.SMALL, 0.5, 1, PER_PARAMETER),
    ("parp-m", ParpMasked, parity.STABLE, 0.8, 3, {"include_biases": True}),
    ("parp-m", ParpMoved, parity.SMALL, 0.8, 3, {"include_biases": True, "score": "magnitude_movement"}),
]


def recipe(folder, name, sparsity, interval, keys):
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    text = parity.recipe(folder, sparsity, interval, None)
    text = text.replace(f"updates = {parity.UPDATES}", f"updates = {UPDATES}")
    return (text.replace('method = "parp"', f'method = "{name}"').replace('interval_unit = "epochs"', lines)
            .replace("start_sparsity = 0.0\n", ""))


def compare(command, case, seed, ranks):
    """The worst numbers of a case, for each number of ranks."""
    name, kind, shape, sparsity, interval, keys = case
    generator = random.Random(seed)
    model = parity.golden.make_model(shape, seed)
    audio, targets = parity.golden.make_batch(model, [generator.randrange(6000, 24000) | 1 for _ in range(6)], seed)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        parity.write_inputs(folder, model, audio, targets)
        (folder / "recipe.toml").write_text(recipe(folder, name, sparsity, interval, keys))
        modules = {module: n for n, module in model.named_modules()}
        pairs = [(m, kind_) for m, kind_ in parity.pool(model) if keys["include_biases"] or kind_ == "weight"]
        names = [f"{modules[m]}.{kind_}" for m, kind_ in pairs]
        method = kind([getattr(m, kind_) for m, kind_ in pairs], sparsity, interval)
        losses = train(model, audio, targets, method)
        for count in ranks:
            output = folder / f"run-{count}"
            launch = ["mpirun", "--oversubscribe", "-np", str(count)] if count > 1 else []
            run = subprocess.run(
                [*launch, command, "train", folder / "recipe.toml", "--output", output], stdout=subprocess.DEVNULL)
            if run.returncode:
                sys.exit(f"{name}: parp ended with {run.returncode}")
            events = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
            ours = [event["loss"] for event in events if event["kind"] == "train"]
            prunes = [event for event in events if event["kind"] == "prune"]
            steps = [event["step"] for event in prunes]
            # Where the sparsity stays, the program may state a mask once more that its paper leaves as it is.
            missing = sorted(set(method.masks) - set(steps))
            assert not missing, f"{name}: masks after {steps}; those after {missing} are missing"
            overlaps = [
                parity.agreement(
                    parity.read_mask(output / "masks" / f"step-{s}.safetensors"), dict(zip(names, method.masks[s])))
                for s in sorted(method.masks)]
            differences = [abs(a - b) / b for a, b in zip(ours, losses, strict=True)]
            yield dict(
                ranks=count, iou=min(overlaps), masks=len(overlaps), revived=sum(e["revived"] for e in prunes[1:]),
                loss=max(differences), start=losses[0], end=losses[-1])


def main():
    parity.logging.disable_progress_bar()
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--only", nargs="+")
    arguments = parser.parse_args()
    print(f"Methods by their papers, {UPDATES} updates, seed {arguments.seed}; IOU at least {LEAST_IOU:g}, losses within "
          f"{LOSS_TOLERANCE:g}")
    print("| method | sparsity | ranks | masks | came back | worst IOU | losses | from, to |  |")
    print("|---|---|---|---|---|---|---|---|---|")
    failed = False
    for index, case in enumerate(CASES):
        if arguments.only and case[0] not in arguments.only:
            continue
        for found in compare(
                os.path.join(arguments.build, "parp"), case, arguments.seed + index, arguments.ranks):
            # NaN fails too: it is not above or below anything.
            is_right = found["iou"] >= LEAST_IOU and found["loss"] < LOSS_TOLERANCE
            failed |= not is_right
            print(
                f"| {case[0]} ({case[1].__name__}) | {case[3]:g} | {found['ranks']} | {found['masks']} "
                f"| {found['revived']} | {found['iou']:.6f} | {found['loss']:.1e} "
                f"| {found['start']:.2f}, {found['end']:.2f} | {'ok' if is_right else 'outside'} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
