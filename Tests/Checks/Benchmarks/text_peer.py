"""Measures fine-tuning on real sentences, transformers and parp by turns, one thread each, in tokens a second of processor time.

Usage: text_peer.py PARP TEXT [--model minilm|bert-base] [--rounds N] [--updates N]
TEXT is the folder of cluster/text/fetch.sh. Batches are 32 sentences of Rotten Tomatoes. The peer is float32 with fused AdamW,
clipping and dropout 0.1, its batches grouped by length as Trainer's `group_by_length` does, which is its fastest setting here, and
at random; parp packs what it draws at random. Tokens are real ones: padding counts for nothing.
Needs: pip install 'torch==2.13.0+cpu' transformers
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

WARMUP = 2
BATCH = 32


def sentences(text):
    with open(text / "rotten-tomatoes-6400" / "train.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def model_folder(name, text, scratch):
    """MiniLM as it is, or a BERT of base size with random weights."""
    if name == "minilm":
        return text / "minilm"
    from transformers import BertConfig, BertForSequenceClassification

    folder = scratch / "bert-base"
    BertForSequenceClassification(BertConfig(num_labels=2)).save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        (folder / file).write_bytes((text / "minilm" / file).read_bytes())
    return folder


def peer(folder, rows, updates, grouped):
    """Tokens a second of processor time of one round."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    draw = random.Random(1)
    rows = draw.sample(rows, len(rows))
    ids = [tokenizer.encode(row["text"]).ids for row in rows]
    order = list(range(len(ids)))
    if grouped:
        # Trainer's: sorted within fifty batches, batches in that order.
        window = 50 * BATCH
        order = [i for start in range(0, len(ids), window) for i in sorted(range(len(ids))[start:start + window], key=lambda i: -len(ids[i]))]
        starts = list(range(0, len(order) - BATCH, BATCH))
        draw.shuffle(starts)
    else:
        starts = list(range(0, len(order) - BATCH, BATCH))
    model = BertForSequenceClassification.from_pretrained(folder, num_labels=2, attn_implementation="sdpa").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01, fused=True)
    tokens = padded = 0
    for update, start in enumerate(starts[:updates + WARMUP]):
        if update == WARMUP:
            begin = time.process_time()
            tokens = padded = 0
        batch = [order[i] for i in range(start, start + BATCH)]
        longest = max(len(ids[i]) for i in batch)
        inputs = torch.zeros(BATCH, longest, dtype=torch.long)
        mask = torch.zeros(BATCH, longest, dtype=torch.long)
        for row, i in enumerate(batch):
            inputs[row, :len(ids[i])] = torch.tensor(ids[i])
            mask[row, :len(ids[i])] = 1
        labels = torch.tensor([int(rows[i]["label"]) for i in batch])
        optimizer.zero_grad()
        model(input_ids=inputs, attention_mask=mask, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += int(mask.sum())
        padded += mask.numel()
    return tokens / (time.process_time() - begin), 1 - tokens / padded


def ours(parp, folder, rows, updates, scratch):
    """The same of parp: what a longer run takes beyond a shorter one, so that starting and evaluating count for nothing."""
    data = scratch / "train.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    small = scratch / "valid.jsonl"
    small.write_text("".join(json.dumps(row) + "\n" for row in rows[:8]), encoding="utf-8")

    def run(count):
        out = tempfile.mkdtemp(dir=scratch)
        settings = {
            "model.path": str(folder), "data.train": str(data), "data.valid": str(small),
            "schedule.updates": count, "pruning.method": "dense", "checkpoint.every_updates": 0,
            "evaluation.every_updates": 0}
        command = [parp, "train", str(scratch / "recipe.toml"), "--output", out + "/run"]
        (scratch / "recipe.toml").write_text('task = "classify"\n')
        for key, value in settings.items():
            command += ["--set", f"{key}={json.dumps(value)}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ, OMP_NUM_THREADS="1"))
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"parp ended with status {status}")
        with open(out + "/run/metrics.jsonl") as file:
            events = [json.loads(line) for line in file]
        return usage.ru_utime + usage.ru_stime, sum(event["tokens"] for event in events if event["kind"] == "train")

    (short_time, short_tokens), (long_time, long_tokens) = run(WARMUP), run(WARMUP + updates)
    return (long_tokens - short_tokens) / (long_time - short_time)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parp")
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("--model", choices=["minilm", "bert-base"], default="minilm")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=12)
    arguments = parser.parse_args()
    rows = sentences(arguments.text)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        folder = model_folder(arguments.model, arguments.text, scratch)
        found = []
        for turn in range(arguments.rounds):
            grouped, padding = peer(folder, rows, arguments.updates, True)
            at_random, more_padding = peer(folder, rows, arguments.updates, False)
            own = ours(arguments.parp, folder, rows, arguments.updates, scratch)
            found.append((own / grouped, own / at_random))
            print(
                f"{arguments.model}, turn {turn + 1}: transformers grouped {grouped:.0f} ({padding:.1%} padding), at random "
                f"{at_random:.0f} ({more_padding:.1%} padding), parp {own:.0f} tokens/s; "
                f"{found[-1][0]:.2f} and {found[-1][1]:.2f} times", flush=True)
        print(
            f"medians: {statistics.median(ratio for ratio, _ in found):.2f} × grouped, "
            f"{statistics.median(ratio for _, ratio in found):.2f} × at random")


main()
