#!/usr/bin/env bash
# Submits a sweep of methods × sparsities × seeds as one Slurm array, each task a run that survives requeueing.
#
#   cluster/slurm/sweep.sh RECIPE [options of sbatch]…
#   METHODS="dense parp" SPARSITIES="0.5 0.9" SEEDS="1 2" OUTPUT=runs/sweep cluster/slurm/sweep.sh RECIPE --time=4:00:00
#
# Writes OUTPUT/cells.txt, one line per run. Submitting it again continues unfinished runs and leaves finished ones
# alone. SIMULTANEOUS (default 8) limits how many run at a time; DRY_RUN=1 only shows what would be submitted.
# Variables of train.sbatch (LAUNCHER, PARP, MAX_RESTARTS…) apply to every run.
set -euo pipefail
[ $# -ge 1 ] || { echo "sweep.sh: name a recipe: sweep.sh RECIPE" >&2; exit 64; }
recipe=$1
shift
: "${METHODS:=dense parp parp-p}" "${SPARSITIES:=0.3 0.5 0.7 0.9}" "${SEEDS:=1 2 3}" "${SIMULTANEOUS:=8}"
name=$(basename "$recipe" .toml)
: "${OUTPUT:=runs/$name-sweep}"
export PARP_HOME=${PARP_HOME:-$(cd "$(dirname "$0")/../.." && pwd)}
export CELLS=$OUTPUT/cells.txt

cells() {
    local method sparsity seed
    for seed in $SEEDS; do
        for method in $METHODS; do
            # A dense run has no sparsity: one is enough.
            if [ "$method" = dense ]; then
                echo "$OUTPUT/dense-seed$seed --set pruning.method=dense --set seed=$seed"
                continue
            fi
            for sparsity in $SPARSITIES; do
                echo "$OUTPUT/$method-$sparsity-seed$seed" \
                    "--set pruning.method=$method --set pruning.sparsity=$sparsity --set seed=$seed"
            done
        done
    done
}

mkdir -p "$OUTPUT"
cells >"$CELLS"
count=$(wc -l <"$CELLS")
submit=(sbatch --job-name="$name" --array="0-$((count - 1))%$SIMULTANEOUS" --output="$OUTPUT/%a-%A.log" "$@"
    "$PARP_HOME/cluster/slurm/train.sbatch" "$recipe")
echo "$count runs, listed in $CELLS"
[ "${DRY_RUN:-0}" = 1 ] && { echo "${submit[*]}"; exit 0; }
"${submit[@]}"
