"""Compares what `parp plan` says of memory with what runs then use (VmHWM), over several shapes.

    python3 Tests/Checks/Benchmarks/memory.py .build/release/parp [--only NAME]
    python3 Tests/Checks/Benchmarks/memory.py .build/release/parp --flat 2000

Needs no packages. Every run is short: a few updates on noise, one evaluation, one checkpoint. With --flat one run of so
many updates, of a tiny model, tells its resident memory on the way.
"""

import argparse
import json
import math
import os
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import wave

# 12 blocks of 384 channels: 22 M weights.
MIDDLE = {
    "hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6, "intermediate_size": 1536,
    "conv_dim": [256] * 7, "num_conv_pos_embeddings": 64, "num_conv_pos_embedding_groups": 16,
}

# Every utterance has five seconds, and a micro-batch four of them.
FOUR_OF_FIVE = {"data.batch_seconds": 20, "data.rank_seconds": 20}
NO_DROPOUT = {f"regularization.{name}_dropout": 0 for name in ["feature", "hidden", "attention", "activation", "final"]}

# Name, model, ranks, seconds of the longest utterance, and changes of the recipe; `pretrain` in the name is for that.
CASES = [
    ("tiny", "tiny", 1, 4, {}),
    ("tiny, 2 ranks", "tiny", 2, 8, {"data.rank_seconds": 30}),
    ("tiny, all trained", "tiny", 1, 8, {"model.freeze_feature_encoder": "false"}),
    ("middle, computed features", "middle", 1, 10, {"data.cache_features": "false"}),
    ("middle, kept features", "middle", 1, 10, {}),
    ("middle, bfloat16, 2 ranks", "middle", 2, 12, {"precision.gemm": "bfloat16"}),
    ("middle, recomputing", "middle", 1, 16, {"model.recompute_activations": "true"}),
    ("middle, dense, all trained", "middle", 1, 6, {
        "model.freeze_feature_encoder": "false", "pruning.method": "dense"}),
    ("base", "base", 1, 8, {}),
    ("base, bfloat16", "base", 1, 15, {"precision.gemm": "bfloat16"}),
    ("base, bfloat16, computed features, recomputing", "base", 1, 15, {
        "precision.gemm": "bfloat16", "data.cache_features": "false", "model.recompute_activations": "true"}),
    ("base, 2 ranks", "base", 2, 8, {"data.rank_seconds": 16}),
    ("base, 60 s on 2 ranks", "base", 2, 25, {"data.batch_seconds": 60, "data.rank_seconds": 30}),
    ("base, 4 × 5 s", "base", 1, 5, FOUR_OF_FIVE),
    ("base, 4 × 5 s, bfloat16", "base", 1, 5, FOUR_OF_FIVE | {"precision.gemm": "bfloat16"}),
    ("base, 4 × 5 s, computed features", "base", 1, 5, FOUR_OF_FIVE | {"data.cache_features": "false"}),
    ("base, 4 × 5 s, all trained, no dropout", "base", 1, 5, FOUR_OF_FIVE | {
        "model.freeze_feature_encoder": "false"} | NO_DROPOUT),
    ("tiny, no dropout", "tiny", 1, 4, NO_DROPOUT),
    ("small", "small", 1, 8, {}),
    ("small, bfloat16, all trained", "small", 1, 8, {
        "precision.gemm": "bfloat16", "model.freeze_feature_encoder": "false"}),
    ("pretrain tiny", "tiny", 1, 8, {}),
    ("pretrain small, bfloat16", "small", 1, 8, {"precision.gemm": "bfloat16"}),
    ("pretrain small, recomputing, 2 ranks", "small", 2, 8, {"model.recompute_activations": "true"}),
]

# What a run may grow by from its second quarter to its last, when every extent has been seen, and an evaluation and a
# checkpoint done: the heap's unrest.
FLAT_BYTES = 4_000_000

CPU = pathlib.Path("/proc/cpuinfo").read_text()

# A rank that starts parp, waits for it, and writes what it held at most.
RANK = """
import os, sys
child = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
open(f"{sys.argv[1]}.{rank}", "w").write(str(usage.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def write_corpus(folder, longest, shortest):
    """Noise of the shortest to the longest seconds, with texts as dense as speech."""
    numbers = random.Random(1)
    lines = []
    for index in range(8):
        seconds = longest if index == 0 else numbers.uniform(shortest, longest)
        path = folder / f"{index}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            count = int(seconds * 16000)
            file.writeframes(struct.pack(f"<{count}h", *(numbers.randrange(-8000, 8000) for _ in range(count))))
        text = "".join(numbers.choice("ETAOIN SHRDLU"[:6]) for _ in range(int(seconds * 11)))
        lines.append(json.dumps({"audio_filepath": path.name, "duration": count / 16000, "text": text}))
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n")


def make_model(parp, folder, shape):
    preset = "base" if shape == "middle" else shape
    subprocess.run([parp, "init", "--preset", preset, "--output", "model"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    if shape != "middle":
        return
    # parp has no preset of this size: its configuration is written, and weights of that shape with it.
    config = json.loads((folder / "model/config.json").read_text()) | MIDDLE
    (folder / "model/config.json").write_text(json.dumps(config))
    write_weights(folder / "model/model.safetensors", config)


def write_weights(path, config):
    """A safetensors file of small noise in the shapes of a base model's tensors, scaled to this configuration."""
    hidden, inner, channels = config["hidden_size"], config["intermediate_size"], config["conv_dim"]
    shapes = {"lm_head.weight": [config["vocab_size"], hidden], "lm_head.bias": [config["vocab_size"]],
              "wav2vec2.masked_spec_embed": [hidden]}

    def linear(name, outputs, inputs):
        shapes[f"wav2vec2.{name}.weight"], shapes[f"wav2vec2.{name}.bias"] = [outputs, inputs], [outputs]

    def norm(name, size):
        shapes[f"wav2vec2.{name}.weight"], shapes[f"wav2vec2.{name}.bias"] = [size], [size]

    inputs = 1
    for index, (outputs, kernel) in enumerate(zip(channels, config["conv_kernel"])):
        shapes[f"wav2vec2.feature_extractor.conv_layers.{index}.conv.weight"] = [outputs, inputs, kernel]
        inputs = outputs
    norm("feature_extractor.conv_layers.0.layer_norm", channels[0])
    norm("feature_projection.layer_norm", inputs)
    linear("feature_projection.projection", hidden, inputs)
    taps = config["num_conv_pos_embeddings"]
    convolution = "wav2vec2.encoder.pos_conv_embed.conv"
    shapes[f"{convolution}.bias"], shapes[f"{convolution}.weight_g"] = [hidden], [1, 1, taps]
    shapes[f"{convolution}.weight_v"] = [hidden, hidden // config["num_conv_pos_embedding_groups"], taps]
    norm("encoder.layer_norm", hidden)
    for layer in range(config["num_hidden_layers"]):
        for part in ["k_proj", "v_proj", "q_proj", "out_proj"]:
            linear(f"encoder.layers.{layer}.attention.{part}", hidden, hidden)
        norm(f"encoder.layers.{layer}.layer_norm", hidden)
        linear(f"encoder.layers.{layer}.feed_forward.intermediate_dense", inner, hidden)
        linear(f"encoder.layers.{layer}.feed_forward.output_dense", hidden, inner)
        norm(f"encoder.layers.{layer}.final_layer_norm", hidden)
    header, position = {}, 0
    for name, shape in shapes.items():
        end = position + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [position, end]}
        position = end
    text = json.dumps(header).encode()
    numbers = random.Random(2)
    piece = struct.pack("<4096f", *(numbers.gauss(0, 0.02) for _ in range(4096)))
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.write((piece * (position // len(piece) + 1))[:position])


def recipe_options(folder, ranks, is_pretraining, changes):
    """The command line that makes an empty recipe one of a short run."""
    (folder / "recipe.toml").write_text("")
    keys = {
        "model.path": "model", "data.train": "train.jsonl", "data.valid": "train.jsonl", "schedule.updates": 6,
        "data.batch_seconds": 32 * ranks, "data.rank_seconds": 32, "evaluation.every_updates": 3, "checkpoint.keep": 1,
    }
    if not is_pretraining:
        keys |= {"pruning.interval": 2, "data.cache_directory": str(folder / "cache")}
    return [part for key, value in (keys | changes).items() for part in ("--set", f"{key}={value}")]


def measure(parp, folder, case):
    name, shape, ranks, longest, changes = case
    is_pretraining = name.startswith("pretrain")
    make_model(parp, folder, shape)
    write_corpus(folder, longest, longest if "data.batch_seconds" in changes else 2)
    options = recipe_options(folder, ranks, is_pretraining, changes)
    plan = json.loads(subprocess.run(
        [parp, "plan", "recipe.toml", "--ranks", str(ranks), "--json", *["--pretrain"] * is_pretraining, *options],
        cwd=folder, check=True, capture_output=True, text=True).stdout)
    launcher = [] if ranks == 1 else ["mpirun", "-q", "-np", str(ranks), "--oversubscribe"]
    run = subprocess.run(
        [*launcher, sys.executable, "-c", RANK, str(folder / "peak"), parp, "pretrain" if is_pretraining else "train",
         "recipe.toml", "--output", "run", *options], cwd=folder, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stdout + run.stderr)
    used = max(int((folder / f"peak.{rank}").read_text()) for rank in range(ranks))
    return plan, used


def last_update(metrics):
    """The newest update in a run's metrics, and 0 before there is one."""
    try:
        lines = metrics.read_text().splitlines()
    except FileNotFoundError:
        return 0
    steps = [json.loads(line)["step"] for line in lines[-3:] if line.endswith("}")]
    return max(steps, default=0)


def watch(parp, folder, updates):
    """Prints the resident memory of a run as its updates go by; its growth from the second quarter to the last, in bytes.

    Of each quarter the median counts: a look may fall into an evaluation or a checkpoint, which take some megabytes.
    """
    make_model(parp, folder, "tiny")
    write_corpus(folder, 3, 1)
    changes = {
        "schedule.updates": updates, "data.batch_seconds": 4, "pruning.interval": 50,
        "evaluation.every_updates": updates // 10, "checkpoint.every_updates": updates // 4,
    }
    options = recipe_options(folder, 1, False, changes)
    run = subprocess.Popen(
        [parp, "train", "recipe.toml", "--output", "run", *options], cwd=folder, stdout=subprocess.DEVNULL)
    seen = {}
    print("| update | resident |\n|---|---|")
    while run.poll() is None:
        update = last_update(folder / "run/metrics.jsonl") // (updates // 20) * (updates // 20)
        if update and update not in seen:
            status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
            found = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
            if found:
                seen[update] = int(found[0]) * 1024
                print(f"| {update} | {seen[update] / 1e6:.1f} MB |", flush=True)
        time.sleep(0.1)
    if run.returncode != 0:
        sys.exit(f"the run ended with {run.returncode}")
    second = [size for update, size in seen.items() if updates // 4 <= update < updates // 2]
    last = [size for update, size in seen.items() if update >= updates * 3 // 4]
    return statistics.median(last) - statistics.median(second)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parp")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--parts", action="store_true", help="print what is planned for what")
    parser.add_argument("--flat", type=int, metavar="UPDATES", help="watch the resident memory of one run instead")
    arguments = parser.parse_args()
    parp = str(pathlib.Path(arguments.parp).resolve())
    os.environ |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    if arguments.flat:
        with tempfile.TemporaryDirectory() as folder:
            growth = watch(parp, pathlib.Path(folder), arguments.flat)
        print(f"growth from the second quarter to the last: {growth / 1e6:.1f} MB")
        return 0 if growth <= FLAT_BYTES else 1
    worst, left_out = 0, 0
    print("| run | planned | used | planned / used |\n|---|---|---|---|")
    for case in CASES:
        if arguments.only not in case[0]:
            continue
        if case[4].get("precision.gemm") == "bfloat16" and "avx512_bf16" not in CPU:
            left_out += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            plan, used = measure(parp, pathlib.Path(folder), case)
        planned = plan["memory_bytes_per_rank"]
        worst = max(worst, abs(planned / used - 1))
        print(f"| {case[0]} | {planned / 1e6:.0f} MB | {used / 1e6:.0f} MB | {planned / used:.3f} |", flush=True)
        if arguments.parts:
            for name, size in plan["memory"].items():
                print(f"    {size / 1e6:8.1f} MB  {name}")
    print(f"largest difference {100 * worst:.1f} %")
    if left_out:
        print(f"{left_out} runs in bfloat16 were left out: this CPU does not multiply it")
    return 0 if worst <= 0.1 else 1


if __name__ == "__main__":
    sys.exit(main())
