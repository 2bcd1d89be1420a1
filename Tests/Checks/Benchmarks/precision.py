"""Checks that a fine-tuning in bfloat16 products reaches the loss and error rate of one in float32, on real speech.

    python3 Tests/Checks/Benchmarks/precision.py .build/release/parp [--updates 400] [--seeds 1 2] [--recipe FILE]

The demo's recipe, PARP at 50 %, is run on two ranks in both precisions from each seed. From one seed their ends may differ by
1 % of the loss and two points of the character error rate; how far seeds of float32 differ is printed beside it. Where the
CPU does not multiply bfloat16 it is emulated (see docs/numerics.md). Needs no packages, but the demo's corpus:
cluster/corpora/fetch.sh asterisk-es.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
TEST = "build/corpora/asterisk-es/test.jsonl"
PRECISIONS = ["float32", "bfloat16"]
LOSS_SHARE = 0.01
ERROR_POINTS = 0.02


def call(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def ending(parp, folder, precision, seed, arguments):
    """The mean loss of the last tenth of a run's updates, and its character error rate on the test set."""
    output = f"{folder}/{precision}-{seed}"
    call(["mpirun", "-q", "-np", "2", "--oversubscribe", parp, "train", arguments.recipe, "--output", output,
          "--set", f"precision.gemm={precision}", "--set", f"seed={seed}",
          "--set", f"schedule.updates={arguments.updates}", "--set", f"data.cache_directory={folder}/cache",
          "--set", f"data.valid={TEST}"])
    events = [json.loads(line) for line in pathlib.Path(f"{output}/metrics.jsonl").read_text().splitlines()]
    losses = [event["loss"] for event in events if event["kind"] == "train"]
    report = json.loads(call([parp, "evaluate", "--model", f"{output}/final", "--data", TEST, "--json"]))
    return statistics.mean(losses[-max(1, len(losses) // 10):]), report["cer"]


def check(name, found, allowed, unit):
    """Prints and judges the differences between the precisions, beside that between seeds of float32."""
    between_seeds = max(found["float32"].values()) - min(found["float32"].values())
    worst = max(abs(found["bfloat16"][seed] - found["float32"][seed]) for seed in found["float32"])
    print(f"{name}: the precisions differ by {worst:{unit}} at most, {allowed:{unit}} are allowed; seeds of float32 by "
          f"{between_seeds:{unit}}: {'ok' if worst <= allowed else 'FAILED'}")
    return worst <= allowed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parp")
    parser.add_argument("--recipe", default="cluster/recipes/demo.toml")
    parser.add_argument("--updates", type=int, default=400)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    parp = str(pathlib.Path(arguments.parp).resolve())
    os.environ |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "PARP_BFLOAT16": "emulated"}
    losses, errors = ({precision: {} for precision in PRECISIONS} for _ in range(2))
    print("| seed | products | loss, last tenth | CER of the test set |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for seed in arguments.seeds:
            for precision in PRECISIONS:
                loss, error = ending(parp, folder, precision, seed, arguments)
                losses[precision][seed], errors[precision][seed] = loss, error
                print(f"| {seed} | {precision} | {loss:.3f} | {100 * error:.1f} % |", flush=True)
    print()
    mean = statistics.mean(losses["float32"].values())
    passed = [check("loss", losses, LOSS_SHARE * mean, ".3f"), check("CER", errors, ERROR_POINTS, ".2%")]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
