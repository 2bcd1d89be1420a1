#!/usr/bin/env bash
# Methods of one run beside OMP's two on a thousand sentences, resumable: give the same command again.
#
# Usage: study.sh PARP_COMMAND [TASK]...     Tasks: trec, rotten-tomatoes, vader (all three by default), rotten-tomatoes-6400, spam,
# bbc, bbc-pairs; `transfer` gives the OMP masks of trec, spam and rotten-tomatoes to each other, held and as PARP's start, at 70 %.
# Of each method at each sparsity, the first seed tries all learning rates, the validation set chooses one, and that one's final
# models are judged on the test set. Writes build/studies/text/TASK/comparison.md with plots, .csv and .json.
# METHODS, SPARSITIES, RATES and SEEDS cut the grid, RANKS (default 2) says how many ranks, TEXT and STUDIES where things lie;
# COMPARE has further arguments of `parp compare`, such as --equal-cost or --only-report.
set -euo pipefail
parp=$(realpath "${1:?usage: study.sh PARP_COMMAND [TASK]...}")
shift
cd "$(dirname "$0")/../.."
. cluster/launch.sh
text=${TEXT:-build/text}
cluster/text/fetch.sh "$text"
[ $# -gt 0 ] || set -- trec rotten-tomatoes vader

# compare ARGUMENT...: runs what is missing of a comparison.
compare() { launch "${RANKS:-2}" "$parp" compare cluster/recipes/text-study.toml --set "model.path=$text/minilm" "$@"; }

for task; do
    if [ "$task" = transfer ]; then
        # A transfer has one rate; the highest of the study's serves the held masks best.
        compare --set "optimizer.learning_rate=${RATES:-5e-4}" --methods dense,mpi,omp,parp --transfer omp,parp \
            --data "trec=$text/trec" --data "spam=$text/spam" --data "rotten-tomatoes=$text/rotten-tomatoes" \
            --sparsities "${SPARSITIES:-0.7}" --seeds "${SEEDS:-1}" --output "${STUDIES:-build/studies/text}/transfer"
        continue
    fi
    settings=(--set "data.train=$text/$task/train.jsonl" --set "data.valid=$text/$task/valid.jsonl")
    case $task in
        trec | rotten-tomatoes | spam | bbc | bbc-pairs) ;;
        rotten-tomatoes-6400) settings+=(--set schedule.updates=600) ;;
        vader) settings+=(--set task=regress) ;;
        *) echo "study: no such task: '$task'" >&2; sed -n 's/^# \?//; 4,9p' "$0" >&2; exit 64 ;;
    esac
    # shellcheck disable=SC2086
    compare "${settings[@]}" --test "$text/$task/test.jsonl" \
        --methods "${METHODS:-dense,mpi,omp,parp,parp-p,gmp,parp-m}" --sparsities "${SPARSITIES:-0.5,0.7,0.8,0.9}" \
        --learning-rates "${RATES:-1e-4,2e-4,5e-4}" --seeds "${SEEDS:-1,2,3}" --output "${STUDIES:-build/studies/text}/$task" \
        ${COMPARE:-}
done
