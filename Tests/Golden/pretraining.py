"""What transformers' Wav2Vec2ForPreTraining says of a model, given our counted noise: every term of the loss, every
gradient, and the losses of a run of Adam updates.

Shared by make_golden.py and Tests/Checks/Parity/pretraining_parity.py. What only fairseq has, a penalty on the features and a
scale of their gradient, is put around transformers' feature encoder.
"""

import dataclasses
import os

import golden
import noise
import numpy
import torch
from safetensors.torch import save_file
from transformers import Wav2Vec2Config, Wav2Vec2ForPreTraining

OBJECTIVE = dict(
    num_codevector_groups=2, num_codevectors_per_group=12, codevector_dim=20, proj_codevector_dim=18,
    num_negatives=15, feat_quantizer_dropout=0.0)


@dataclasses.dataclass
class Settings:
    """What a run adds to config.json; written as the golden file's metadata."""

    seed: int = 7
    temperature: float = 2.0
    temperature_decay: float = 0.99
    temperature_floor: float = 0.5
    mask_probability: float = 0.65
    mask_length: int = 10
    feature_penalty: float = 0.0
    feature_gradient_scale: float = 1.0
    learning_rate: float = 1e-3
    updates: int = 10

    def temperature_at(self, step):
        return max(self.temperature * self.temperature_decay**step, self.temperature_floor)


class StraightThrough(torch.autograd.Function):
    """The hard sample, with the soft one's gradient.

    torch's own hard - soft + soft is not exactly 1 where it is hard, so that codevectors of one code differ in their
    last bit and escape the comparison that leaves a distractor out.
    """

    @staticmethod
    def forward(_, soft):
        return torch.nn.functional.one_hot(soft.argmax(-1), soft.shape[-1]).to(soft.dtype)

    @staticmethod
    def backward(_, gradient):
        return gradient


class Peer:
    """transformers' model with our noise."""

    def __init__(self, shape, settings, seed):
        torch.manual_seed(seed)
        self.settings = settings
        config = Wav2Vec2Config(**{**golden.NO_NOISE, **OBJECTIVE, **shape})
        self.model = Wav2Vec2ForPreTraining(config)
        golden.disturb(self.model)
        self.model.train()
        self.count = config.num_codevector_groups * config.num_codevectors_per_group
        self._wrap_features()

    def _wrap_features(self):
        encoder = self.model.wav2vec2.feature_extractor
        forward, scale = encoder.forward, self.settings.feature_gradient_scale

        def wrapped(samples):
            self.features = forward(samples)
            if self.features.requires_grad and scale != 1:
                # Of both paths together, as fairseq's GradMultiply.
                self.features.register_hook(lambda gradient: gradient * scale)
            return self.features

        encoder.forward = wrapped

    def utterance(self, samples, step, identity):
        """The terms of one utterance's loss, or None if too few of its frames are masked."""
        config, settings = self.model.config, self.settings
        name = (settings.seed, step, identity)
        frames = int(self.model._get_feat_extract_output_lengths(len(samples)))
        masked = noise.time_mask(frames, settings.mask_probability, settings.mask_length, *name)
        places = numpy.flatnonzero(masked)
        if len(places) < 2:
            return None
        others = numpy.zeros((frames, config.num_negatives), dtype=numpy.int64)
        others[places] = places[noise.negatives(len(places), config.num_negatives, *name)]
        drawn = numpy.zeros((frames, self.count))
        drawn[places] = noise.gumbel(len(places), self.count, *name)
        self.drawn = torch.from_numpy(drawn.astype(numpy.float32)).reshape(-1, config.num_codevectors_per_group)
        self.model.set_gumbel_temperature(settings.temperature_at(step))
        output = self._with_our_gumbel(
            torch.from_numpy(samples)[None], mask_time_indices=torch.from_numpy(masked)[None],
            sampled_negative_indices=torch.from_numpy(others)[None])
        penalty = len(places) * self.features.float().pow(2).mean()
        return dict(
            loss=output.loss + settings.feature_penalty * penalty, contrastive=output.contrastive_loss,
            diversity=output.diversity_loss, penalty=penalty, masked=len(places))

    def _with_our_gumbel(self, *arguments, **named):
        original = torch.nn.functional.gumbel_softmax

        def gumbel_softmax(logits, tau, hard):
            assert hard
            return StraightThrough.apply(torch.softmax((logits + self.drawn) / tau, dim=-1))

        torch.nn.functional.gumbel_softmax = gumbel_softmax
        try:
            return self.model(*arguments, **named)
        finally:
            torch.nn.functional.gumbel_softmax = original

    def mean_loss(self, audio, step):
        """The loss of a batch, by masked frames; utterances are known by their places, counted from 1."""
        terms = [self.utterance(samples, step, index + 1) for index, samples in enumerate(audio)]
        terms = [term for term in terms if term]
        return sum(term["loss"] for term in terms) / sum(term["masked"] for term in terms)


def reference(peer, audio):
    """All that is compared, as named tensors."""
    tensors = {}
    for index, samples in enumerate(audio):
        tensors[f"audio.{index}"] = torch.from_numpy(samples)
        with torch.no_grad():
            trained = peer.utterance(samples, 0, index + 1)
            peer.model.eval()
            evaluated = peer.utterance(samples, 0, index + 1)
            peer.model.train()
        numbers = [0.0] * 5
        if trained:
            numbers = [float(trained[key]) for key in ("contrastive", "diversity", "penalty", "masked")]
            numbers.append(float(evaluated["contrastive"]))
        # contrastive, diversity, penalty, masked frames; contrastive in evaluation
        tensors[f"terms.{index}"] = torch.tensor(numbers, dtype=torch.float64)
    peer.model.zero_grad()
    peer.mean_loss(audio, 0).backward()
    for name, parameter in peer.model.named_parameters():
        if parameter.grad is not None:
            tensors[f"gradient.{golden.canonical(name)}"] = parameter.grad.detach().clone().contiguous()
    tensors["trajectory"] = torch.tensor(
        golden.adam_trajectory(
            list(peer.model.parameters()), lambda step: peer.mean_loss(audio, step), peer.settings.updates,
            peer.settings.learning_rate), dtype=torch.float64)
    return tensors


def write_case(folder, peer, audio):
    """A model directory as transformers writes it, with what is expected of it."""
    os.makedirs(folder, exist_ok=True)
    peer.model.save_pretrained(folder)
    metadata = {key: repr(value) for key, value in dataclasses.asdict(peer.settings).items()}
    save_file(reference(peer, audio), os.path.join(folder, "golden.safetensors"), metadata=metadata)
