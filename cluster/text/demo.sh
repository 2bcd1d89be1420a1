#!/usr/bin/env bash
# Sparse classifiers of film reviews from real pre-trained weights, on two ranks: from scratch to a table.
#
# Usage: demo.sh PARP_COMMAND      Writes build/text/demo/ and its report, build/text/demo/report.md.
#
# Of the 8,530 sentences of Rotten Tomatoes, 1,000 are for training and 1,500 held out. With equal updates and learning rates, one
# run fine-tunes dense and the others find a subnetwork of 50 % and of 70 %: of the pre-trained weights (MPI), of the dense
# run's (OMP, which takes twice the updates), PARP and PARP-P, whose pruned weights may return, and parp-m, which learns its
# mask during masked training.
set -euo pipefail
parp=$1
cd "$(dirname "$0")/../.."
. cluster/launch.sh
text=build/text
demo=$text/demo

cluster/text/fetch.sh "$text"
rm -rf "$demo"
mkdir -p "$demo"

train() { launch 2 "$parp" train cluster/recipes/text-small.toml --output "$demo/$1" "${@:2}" >"$demo/$1.log" ||
    { cat "$demo/$1.log" >&2; exit 1; }; echo "$1: $(grep 'valid:' "$demo/$1.log" | tail -1)"; }

train dense --set pruning.method=dense
for sparsity in 0.5 0.7; do
    train "mpi-$sparsity" --set pruning.method=mpi --set pruning.sparsity=$sparsity
    "$parp" prune --model "$demo/dense/final" --sparsity $sparsity --output "$demo/pruned-$sparsity" \
        >"$demo/prune-$sparsity.log"
    train "omp-$sparsity" --set pruning.method=omp --set pruning.sparsity=$sparsity \
        --set pruning.initial_mask="$demo/pruned-$sparsity/mask.safetensors"
    train "parp-$sparsity" --set pruning.sparsity=$sparsity
    train "parp-p-$sparsity" --set pruning.method=parp-p --set pruning.sparsity=$sparsity --set pruning.end=0.7
    train "parp-m-$sparsity" --set pruning.method=parp-m --set pruning.sparsity=$sparsity
done
python3 cluster/text/demo_table.py "$demo" | tee "$demo/report.md"
echo "Two sentences of its own, 1 being praise:"
"$parp" classify --model "$demo/parp-m-0.5/final" "A film to remember, tender and wise." "Ninety minutes of my life, gone."
