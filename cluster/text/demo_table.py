"""Prints a table of what the runs of cluster/text/demo.sh found. Usage: demo_table.py FOLDER"""

import json
import os
import sys

METHODS = [("dense", "dense"), ("mpi", "MPI"), ("omp", "OMP"), ("parp", "PARP"), ("parp-p", "PARP-P"), ("parp-m", "parp-m (ours)")]


def last_evaluation(run):
    with open(os.path.join(sys.argv[1], run, "metrics.jsonl")) as file:
        events = [json.loads(line) for line in file]
    return [event for event in events if event["kind"] == "eval"][-1]


print("| method | updates | accuracy at 50 % | accuracy at 70 % |\n|---|---|---|---|")
dense = last_evaluation("dense")
print(f"| dense | {dense['step']} | {100 * dense['accuracy']:.2f} % (nothing pruned) | |")
for folder, name in METHODS[1:]:
    found = [last_evaluation(f"{folder}-{sparsity}") for sparsity in ("0.5", "0.7")]
    updates = found[0]["step"] * (2 if folder == "omp" else 1)
    print(f"| {name} | {updates} | " + " | ".join(f"{100 * event['accuracy']:.2f} %" for event in found) + " |")
print(f"\n{dense['examples']} held-out sentences: a difference below {100 * (0.25 / dense['examples']) ** 0.5 * 2:.1f} "
      "points is within sampling error (two standard errors).")
