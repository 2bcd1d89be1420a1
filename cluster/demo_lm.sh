#!/usr/bin/env bash
# The gain of a language model of only the training transcripts, for models fine-tuned on them.
#
# Usage: demo_lm.sh PARP_COMMAND CORPUS WORK_FOLDER NAME=MODEL…
#
# Estimates a 3-gram from CORPUS/train.jsonl, chooses its weights for each model on CORPUS/valid.jsonl, and prints the rows of a
# table in Markdown: each model without and with it on CORPUS/test.jsonl. The test set is used once, for these rows.
set -euo pipefail
parp=$1 corpus=$2 work=$3
shift 3
mkdir -p "$work"

texts() {
    python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8"): print(json.loads(line)["text"])' "$1"
}
texts "$corpus/train.jsonl" >"$work/train.txt"
texts "$corpus/test.jsonl" >"$work/test.txt"
rm -f "$work/train.lm"
"$parp" lm build "$work/train.txt" --order 3 --output "$work/train.lm" >&2

echo "| model | language model | WER | CER |"
echo "|---|---|---|---|"
for pair in "$@"; do
    name=${pair%%=*} model=${pair#*=}
    "$parp" evaluate --model "$model" --data "$corpus/valid.jsonl" --lm "$work/train.lm" --tune --json >"$work/tuned.json"
    weights=$(python3 -c 'import json, sys
tuned = json.load(open(sys.argv[1]))
print("--alpha", tuned["alpha"], "--beta", tuned["beta"])' "$work/tuned.json")
    "$parp" evaluate --model "$model" --data "$corpus/test.jsonl" --decoder greedy --json >"$work/without.json"
    # shellcheck disable=SC2086
    "$parp" evaluate --model "$model" --data "$corpus/test.jsonl" --lm "$work/train.lm" $weights --json >"$work/with.json"
    python3 - "$name" "$weights" "$work/without.json" "$work/with.json" <<'ROWS'
import json, sys
name, weights, *files = sys.argv[1:]
labels = ["none", "3-gram of the training transcripts alone (%s)" % weights.replace("--alpha", "α").replace("--beta", "β")]
for label, file in zip(labels, files):
    result = json.load(open(file, encoding="utf-8"))
    print(f"| {name} | {label} | {100 * result['wer']:.1f} % | {100 * result['cer']:.1f} % |")
ROWS
done
python3 - "$work/train.txt" "$work/test.txt" <<'NOTE'
import sys
train, test = (open(file, encoding="utf-8").read().splitlines() for file in sys.argv[1:])
inside = sum(any(f" {text} " in f" {other} " for other in train) for text in test)
print(f"\nThe language model has seen the training transcripts and nothing else; its weights were chosen on the development split.")
print(f"{inside} of {len(test)} test texts stand word for word inside training sentences: it flatters the rows with it.")
NOTE
