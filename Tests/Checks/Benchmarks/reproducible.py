"""Measures what `distributed.reproducible = true` costs: updates of plain and reproducible runs, by turns.

    python3 Tests/Checks/Benchmarks/reproducible.py .build/release/parp [--model small] [--ranks 1 2] [--updates 20] [--turns 3]

Needs no packages. All runs train on the same noise from the same weights, without evaluation and checkpoints. A run's
speed is the median of its updates after the first quarter; the best run of the turns counts, for what else the machine
does can only slow one down.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import memory

# What is compared: a name, and changes of the recipe. The parts of a reproducible run are micro-batches of their own, so
# that their number, and not the sums alone, has its price.
KINDS = [
    ("plain", {}),
    ("reproducible, 8 parts", {"distributed.reproducible": "true"}),
    ("plain, micro-batches of an eighth", {"data.rank_seconds": "EIGHTH"}),
    ("reproducible, 2 parts", {"distributed.reproducible": "true", "distributed.reproducible_parts": 2}),
]


def seconds_an_update(parp, folder, arguments, ranks, changes):
    """The median seconds of an update of a run."""
    keys = {
        "model.path": arguments.weights, "data.train": "train.jsonl", "data.valid": "train.jsonl",
        "schedule.updates": arguments.updates, "data.batch_seconds": arguments.seconds, "data.rank_seconds": 30,
        "evaluation.every_updates": 0, "checkpoint.every_updates": 0, "data.cache_directory": str(folder / "cache"),
        "model.freeze_encoder_updates": 0,
    } | changes
    keys = {key: arguments.seconds / 8 if value == "EIGHTH" else value for key, value in keys.items()}
    output = tempfile.mkdtemp(dir=folder)
    options = [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]
    launcher = [] if ranks == 1 else ["mpirun", "-q", "-np", str(ranks), "--oversubscribe"]
    run = subprocess.run(
        [*launcher, parp, "train", "recipe.toml", "--output", output + "/run", *options], cwd=folder,
        capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stdout + run.stderr)
    events = [json.loads(line) for line in pathlib.Path(output + "/run/metrics.jsonl").read_text().splitlines()]
    steps = [event["seconds"] for event in events if event["kind"] == "train"]
    return statistics.median(steps[arguments.updates // 4:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parp")
    parser.add_argument("--model", default="small", help="a preset, or a model directory")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=24, help="seconds of a global batch")
    arguments = parser.parse_args()
    parp = str(pathlib.Path(arguments.parp).resolve())
    os.environ |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        memory.write_corpus(folder, 3, 2)
        (folder / "recipe.toml").write_text("")
        arguments.weights = str(pathlib.Path(arguments.model).resolve())
        if not pathlib.Path(arguments.model).exists():
            memory.make_model(parp, folder, arguments.model)
            arguments.weights = "model"
        for ranks in arguments.ranks:
            best = {}
            for _ in range(arguments.turns):
                for kind, changes in KINDS:
                    seconds = seconds_an_update(parp, folder, arguments, ranks, changes)
                    best[kind] = min(seconds, best.get(kind, seconds))
            print(f"{ranks} ranks, {arguments.model}, batches of {arguments.seconds:g} s\n")
            print("| run | an update | price |\n|---|---|---|")
            for kind, seconds in best.items():
                price = 100 * (seconds / best["plain"] - 1)
                print(f"| {kind} | {seconds * 1e3:.0f} ms | {price:+.1f} % |")
            print(flush=True)


if __name__ == "__main__":
    main()
