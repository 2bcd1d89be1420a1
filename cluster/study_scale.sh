#!/usr/bin/env bash
# A scaling study of this machine: 1 and 2 ranks for speed, up to 8 for correctness, on tones and a model of random weights.
#
# Usage: study_scale.sh PARP_COMMAND [FOLDER]
# MODEL (small) is a preset, METHODS and SPARSITIES are lists between commas; UPDATES (10) count of a launch, MAX_REPEATS (8)
# launches of a setting, BATCH_SECONDS (12) of audio an update. Called again, it goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
parp=$(realpath "$1")
folder=$(realpath -m "${2:-build/scale}")
: "${MODEL:=small}" "${UPDATES:=10}" "${MAX_REPEATS:=8}" "${BATCH_SECONDS:=12}"
: "${METHODS:=dense,parp,omp,imp}" "${SPARSITIES:=0.5,0.9}"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PARP_CACHE_DIR=$folder/cache
mkdir -p "$folder"
[ -d "$folder/tones" ] || python3 Tests/Checks/Cluster/corpus.py "$folder/tones" 96
[ -d "$folder/model" ] || "$parp" init --preset "$MODEL" --output "$folder/model" >/dev/null
cat >"$folder/recipe.toml" <<TOML
[model]
path = "$folder/model"
[data]
train = "$folder/tones/train.jsonl"
valid = "$folder/tones/valid.jsonl"
batch_seconds = $BATCH_SECONDS
[schedule]
updates = 12000
TOML

# Any number of ranks gives the same training: losses and final masks of more ranks than cores are those of one.
for ranks in 1 2 3 4 8; do
    rm -rf "$folder/same-$ranks"
    mpirun --quiet --oversubscribe --bind-to none -np "$ranks" "$parp" train "$folder/recipe.toml" \
        --output "$folder/same-$ranks" --set schedule.updates=6 --set pruning.interval=3 >"$folder/same-$ranks.log" 2>&1
done
python3 - "$folder" <<'PYTHON'
import json, sys
def losses(ranks):
    with open(f"{sys.argv[1]}/same-{ranks}/metrics.jsonl") as file:
        return [line["loss"] for line in map(json.loads, file) if line["kind"] == "train"]
one = losses(1)
for ranks in (2, 3, 4, 8):
    worst = max(abs(a - b) / abs(a) for a, b in zip(one, losses(ranks), strict=True))
    # Float32 sums in another order; 1e-5 is what a few updates may make of it.
    print(f"{'ok' if worst < 1e-5 else 'FAILED'}: losses at {ranks} ranks differ from one rank's by {worst:.1e} at most")
    if worst >= 1e-5: sys.exit(1)
PYTHON

"$parp" scale run "$folder/recipe.toml" --ranks 1,2 --mode strong --mode weak --methods "$METHODS" --sparsities "$SPARSITIES" \
    --updates "$UPDATES" --warmup 3 --max-repeats "$MAX_REPEATS" --output "$folder/study"
"$parp" scale fit "$folder/study"
"$parp" scale report "$folder/study" --gigabits 25 --latency 20
