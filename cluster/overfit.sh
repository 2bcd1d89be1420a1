#!/usr/bin/env bash
# Overfits 50 real recordings on two ranks, from random weights; fails unless their word error rate falls below 5 %.
#
# Usage: overfit.sh PARP_COMMAND      Writes build/overfit/.
set -euo pipefail
parp=$1
cd "$(dirname "$0")/.."
. cluster/launch.sh
corpus=build/corpora/asterisk-en
run=build/overfit

cluster/corpora/fetch.sh asterisk-en "$corpus"
head -n 50 "$corpus/train.jsonl" >"$corpus/overfit.jsonl"
rm -rf "$run"
mkdir -p "$run"
"$parp" init --preset tiny --output "$run/model"
launch 2 "$parp" train cluster/recipes/overfit.toml --output "$run/run"
launch 2 "$parp" evaluate --model "$run/run/final" --data "$corpus/overfit.jsonl" --json >"$run/result.json"
python3 - "$run/result.json" <<'PYTHON'
import json
import sys

result = json.load(open(sys.argv[1]))
rate = 100 * result["wer"]
print(f"overfit: WER {rate:.2f} % on {result['utterances']} recordings; below 5 % was asked for")
sys.exit(0 if result["utterances"] == 50 and rate < 5 else 1)
PYTHON
