"""Measures transformers with PyTorch DDP and parp in turn on the same batches, and prints the ratios.

Usage: peer.py PARP [--manifest MANIFEST.jsonl] [--rounds N] [--steps N] [--only NAME,...] [--model base|large] [--processor-time]
Each round runs the peer and then parp, so that both see the same weather; the ratio is that of the medians.
Needs: pip install 'torch==2.13.0+cpu' transformers; a machine with nothing else to do. With --processor-time rows of one rank and
one thread count what their processes used of the processor, on both sides: for a machine that has other things to do.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

RATE = 16000
LETTERS = 14 * 0.8
ROOT_ALLOWED = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMP_NUM_THREADS="1")


def peer_worker(rank, ranks, port, arguments, batches, out):
    """One rank of the peer: what its users' training loop does, without data loading."""
    import torch
    import torch.distributed as dist
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    torch.set_num_threads(arguments["threads"])
    torch.manual_seed(0)
    noise = dict.fromkeys(
        ["hidden_dropout", "activation_dropout", "attention_dropout", "feat_proj_dropout", "final_dropout"], 0.1)
    large = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096)
    config = Wav2Vec2Config(
        **noise, **(large if arguments["model"] == "large" else {}), layerdrop=0.0, mask_time_prob=0.05,
        ctc_loss_reduction="sum", ctc_zero_infinity=True, attn_implementation="sdpa")
    model = Wav2Vec2ForCTC(config).train()
    model.freeze_feature_encoder()
    step_model = model
    if ranks > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=ranks)
        step_model = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-5, fused=True)
    generator = torch.Generator().manual_seed(rank)

    def make(batch):
        own = batch[rank::ranks]
        longest = int(max(own) * RATE)
        audio = torch.zeros(len(own), longest)
        labels = torch.full((len(own), max(1, int(max(own) * LETTERS))), -100)
        for row, seconds in enumerate(own):
            audio[row, : int(seconds * RATE)] = torch.randn(int(seconds * RATE), generator=generator)
            count = max(1, int(seconds * LETTERS))
            labels[row, :count] = torch.randint(1, config.vocab_size, (count,), generator=generator)
        return audio, labels

    ready = [make(batch) for batch in batches]
    seconds, used = [], []
    for audio, labels in ready:
        if ranks > 1:
            dist.barrier()
        start, processor = time.monotonic(), time.process_time()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments["precision"] == "bfloat16"):
            loss = step_model(audio, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.monotonic() - start)
        used.append(time.process_time() - processor)
    if rank == 0:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        with open(out, "w") as file:
            json.dump(dict(seconds=seconds, used=used, peak=peak), file)


def run_peer(arguments, batches):
    """Step seconds and peak memory of the peer; its first step is not counted."""
    ranks = arguments["ranks"]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "peer.json")
        port = random.randint(20000, 40000)
        workers = [
            subprocess.Popen(
                [sys.executable, os.path.abspath(__file__), "--worker", json.dumps(
                    dict(rank=rank, ranks=ranks, port=port, arguments=arguments, batches=batches, out=out))],
                env=dict(os.environ, OMP_NUM_THREADS=str(arguments["threads"])))
            for rank in range(ranks)]
        if any(worker.wait() for worker in workers):
            raise SystemExit("the peer failed; see above")
        with open(out) as file:
            result = json.load(file)
    return result[arguments.get("clock", "seconds")][1:], result["peak"]


def run_ours(parp, arguments, batches):
    """Step seconds and the whole report of parp on the same batches; warm-up runs over them once."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(batches, file)
        file.flush()
        command = [parp, "bench", "step", "--model", arguments["model"], "--batches", file.name,
                   "--precision", arguments["precision"], "--features", arguments["features"],
                   "--threads", str(arguments["threads"]), "--warmup", "1", "--updates", str(len(batches)),
                   "--json"] + arguments.get("extra", [])
        if arguments["ranks"] > 1:
            command = ["mpirun", "-np", str(arguments["ranks"]), "--bind-to", "core"] + command
        output = subprocess.run(command, env=ROOT_ALLOWED, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def compare(parp, name, peer, ours, peer_batches, our_batches, rounds, by_processor=False):
    """One row of the table: audio seconds a second of both, and their ratio."""
    by_processor = by_processor and ours["ranks"] == ours["threads"] == 1
    if by_processor:
        peer = dict(peer, clock="used")
    rates = dict(peer=[], ours=[])
    share, peaks = [], dict(peer=0, ours=0)
    for _ in range(rounds):
        seconds, peak = run_peer(peer, peer_batches)
        # The first batch warmed the peer up, and is not counted.
        rates["peer"].append(sum(map(sum, peer_batches[1:])) / sum(seconds))
        report = run_ours(parp, ours, our_batches)
        rates["ours"].append(
            sum(map(sum, our_batches)) / len(our_batches) / report["cpu_seconds"]
            if by_processor else report["audio_seconds_per_second"])
        share.append(report["share_of_gemm_bound"])
        peaks["peer"], peaks["ours"] = max(peaks["peer"], peak), max(peaks["ours"], report["peak_resident_bytes"])
    theirs, own = statistics.median(rates["peer"]), statistics.median(rates["ours"])
    row = dict(name=name, peer=theirs, ours=own, ratio=own / theirs, share=statistics.median(share),
               peer_bytes=peaks["peer"], our_bytes=peaks["ours"], rounds=rates)
    print(f"{name:46} {theirs:6.2f} {own:6.2f}  {row['ratio']:5.2f} x   {row['share']:5.1%}   "
          f"{peaks['peer'] / 1e9:4.2f} {peaks['ours'] / 1e9:4.2f} GB", flush=True)
    return row


def real_batches(manifest, count, size, by_length, seed=7):
    """Batches of real lengths: drawn at random, or from neighbours in a list sorted by length."""
    with open(manifest) as file:
        seconds = [json.loads(line)["duration"] for line in file if line.strip()]
    generator = random.Random(seed)
    generator.shuffle(seconds)
    seconds = seconds[: count * size]
    if by_length:
        seconds.sort()
    batches = [seconds[i : i + size] for i in range(0, len(seconds), size)]
    generator.shuffle(batches)
    return batches[:count]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parp", nargs="?")
    parser.add_argument("--manifest")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--only", default="")
    parser.add_argument("--processor-time", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--worker")
    options = parser.parse_args()
    if options.worker:
        given = json.loads(options.worker)
        return peer_worker(given["rank"], given["ranks"], given["port"], given["arguments"], given["batches"],
                           given["out"])

    def case(precision, features="computed", ranks=1, threads=1, model="base", **extra):
        return dict(precision=precision, features=features, ranks=ranks, threads=threads, model=model, **extra)

    fixed = [[5.0] * options.batch for _ in range(options.steps + 1)]
    twice = [[5.0] * options.batch * 2 for _ in range(options.steps + 1)]
    cases = {
        "fixed-float32": (case("float32"), case("float32"), fixed),
        "fixed-float32-cached": (case("float32"), case("float32", "cached"), fixed),
        "fixed-bfloat16": (case("bfloat16"), case("bfloat16"), fixed),
        "fixed-bfloat16-cached": (case("bfloat16"), case("bfloat16", "cached"), fixed),
        "two-ranks-float32": (case("float32", ranks=2), case("float32", ranks=2), twice),
        "two-ranks-bfloat16": (case("bfloat16", ranks=2), case("bfloat16", ranks=2), twice),
        "large-float32": (case("float32", model="large"), case("float32", model="large"), fixed),
        "large-bfloat16": (case("bfloat16", model="large"), case("bfloat16", model="large"), fixed),
    }
    rows = []
    wanted = [name for name in options.only.split(",") if name]
    has_bfloat16 = "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text()
    if not has_bfloat16:
        print("This CPU does not multiply bfloat16: rows in it are left out.")

    def is_asked(name, ours):
        return (not wanted or name in wanted) and (has_bfloat16 or ours["precision"] == "float32")

    print(f"{'':46} {'peer':>6} {'parp':>6}   ratio   of GEMM  peak memory    (audio seconds a second)")
    for name, (peer, ours, batches) in cases.items():
        if is_asked(name, ours):
            rows.append(compare(options.parp, name, peer, ours, batches, batches, options.rounds, options.processor_time))
    if options.manifest:
        count = 4 * options.steps
        random_batches = real_batches(options.manifest, count, options.batch, by_length=False)
        sorted_batches = real_batches(options.manifest, count, options.batch, by_length=True)
        real = {
            "real-recommended": (case("float32"), case("bfloat16", "cached"), random_batches, random_batches),
            # What is recommended where the CPU multiplies no bfloat16.
            "real-recommended-float32": (
                case("float32"), case("float32", "cached"), random_batches, random_batches),
            "real-sorted-float32-cached": (case("float32"), case("float32", "cached"), sorted_batches, sorted_batches),
            "real-sorted-bfloat16-cached": (
                case("bfloat16"), case("bfloat16", "cached"), sorted_batches, sorted_batches),
        }
        for name, (peer, ours, theirs, own) in real.items():
            if is_asked(name, ours):
                rows.append(compare(options.parp, name, peer, ours, [theirs[0]] + theirs, own, options.rounds, options.processor_time))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(rows, file, indent=1)


main()
