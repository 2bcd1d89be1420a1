"""Fine-tunes on ten minutes of a language and a voice that pre-training never heard, from several starts, and compares.

Usage: small_model.py PARP NAME=MODEL... [--corpus FOLDER] [--minutes 10] [--seeds 1,2,3] [--ranks 2] [--output build/small-model]
       [--set section.key=value]...
Runs what is missing (a run directory that has its final model is kept) and prints a Markdown table: error rates on the texts
that no run has seen, mean and each seed.
"""

import argparse
import json
import os
import random
import statistics
import subprocess


def ten_minutes(corpus, minutes, path):
    """The same recordings for everyone: shuffled once, taken until the minutes are full."""
    with open(os.path.join(corpus, "train.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    random.Random(1).shuffle(lines)
    seconds, count = 0.0, 0
    with open(path, "w", encoding="utf-8") as file:
        for line in lines:
            if seconds + line["duration"] > 60 * minutes:
                continue
            seconds, count = seconds + line["duration"], count + 1
            line["audio_filepath"] = os.path.abspath(os.path.join(corpus, line["audio_filepath"]))
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return count, seconds


def run(arguments, ranks, log):
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    command = ["mpirun", "--quiet", "--bind-to", "none", "-np", str(ranks)] + arguments
    with open(log, "w", encoding="utf-8") as file:
        if subprocess.run(command, stdout=subprocess.PIPE, stderr=file, env=environment, check=False).returncode:
            raise SystemExit(f"{' '.join(command)} failed; see {log}")


def evaluate(parp, model, data, ranks):
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    command = ["mpirun", "--quiet", "--bind-to", "none", "-np", str(ranks), parp, "evaluate", "--model", model,
               "--data", data, "--json"]
    return json.loads(subprocess.run(command, capture_output=True, env=environment, check=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parp")
    parser.add_argument("starts", nargs="+")
    parser.add_argument("--corpus", default="build/corpora/asterisk-es")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--output", default="build/small-model")
    parser.add_argument("--recipe", default="cluster/recipes/demo.toml")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    train, heldout = os.path.join(options.output, "train.jsonl"), os.path.join(options.output, "heldout.jsonl")
    count, seconds = ten_minutes(options.corpus, options.minutes, train)
    with open(heldout, "w", encoding="utf-8") as file:
        for name in ("valid", "test"):
            with open(os.path.join(options.corpus, name + ".jsonl"), encoding="utf-8") as source:
                for line in source:
                    record = json.loads(line)
                    record["audio_filepath"] = os.path.abspath(os.path.join(options.corpus, record["audio_filepath"]))
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(f"{count} recordings, {seconds / 60:.1f} minutes of {options.corpus}\n")
    print("| start | CER, mean | CER of each seed | WER, mean |\n|---|---|---|---|")
    for start in options.starts:
        name, model = start.split("=", 1)
        results = []
        for seed in options.seeds.split(","):
            folder = os.path.join(options.output, f"{name}-{seed}")
            if not os.path.exists(os.path.join(folder, "final/model.safetensors")):
                # A JSON string is a TOML string, too.
                sets = [f"model.path={json.dumps(model)}", f"data.train={json.dumps(train)}",
                        f"data.valid={json.dumps(heldout)}", "pruning.method=dense", f"seed={seed}"] + options.set
                arguments = [options.parp, "train", options.recipe, "--output", folder]
                run(arguments + [word for value in sets for word in ("--set", value)], options.ranks, folder + ".log")
            results.append(evaluate(options.parp, os.path.join(folder, "final"), heldout, options.ranks))
        cers = [100 * result["cer"] for result in results]
        print(f"| {name} | {statistics.mean(cers):.1f} % | {', '.join(f'{cer:.1f}' for cer in cers)} | "
              f"{100 * statistics.mean(result['wer'] for result in results):.1f} % |", flush=True)


main()
