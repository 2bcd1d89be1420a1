#!/usr/bin/env bash
# PARP on real recordings, on two ranks: from scratch to a table of dense and sparse recognisers.
#
# Usage: demo.sh PARP_COMMAND      Writes build/demo/ and its report, build/demo/report.md.
#
# All start from the small pre-trained model in cluster/models, which knows neither this voice nor its language, Spanish.
# With equal updates and learning rates, one run fine-tunes it dense, one with PARP at 50 %, and one at 90 % with a
# moving mask. The dense model is also pruned once to each sparsity without training, which shows the gain of adjustment.
# The recipe was chosen on the development split; the table is of the test split.
set -euo pipefail
parp=$1
cd "$(dirname "$0")/.."
. cluster/launch.sh
corpus=build/corpora/asterisk-es
demo=build/demo

cluster/corpora/fetch.sh asterisk-es "$corpus"
rm -rf "$demo"
mkdir -p "$demo"

# float32 or bfloat16, whichever a probe of this machine finds faster.
train() { launch 2 "$parp" train cluster/recipes/demo.toml --set precision.gemm=auto --output "$demo/$1" "${@:2}"; }

echo "== 1 of 3: dense"
train dense --set pruning.method=dense

echo "== 2 of 3: PARP at 50 %"
train parp-50

echo "== 3 of 3: PARP-M at 90 %"
train parp-m-90 --set pruning.method=parp-m --set pruning.sparsity=0.9

for sparsity in 50 90; do
    "$parp" prune --model "$demo/dense/final" --sparsity "0.$sparsity" --output "$demo/once-$sparsity"
done
for model in dense/final parp-50/final once-50 parp-m-90/final once-90; do
    "$parp" evaluate --model "$demo/$model" --data "$corpus/test.jsonl" --json >"$demo/$model.json"
    "$parp" pack --model "$demo/$model" --output "$demo/$model.pack" >>"$demo/pack.log"
done
python3 cluster/demo_table.py "$demo" "$corpus" | tee "$demo/report.md"
{
    printf '\nWithout and with a language model:\n\n'
    cluster/demo_lm.sh "$parp" "$corpus" "$demo/lm" "dense=$demo/dense/final" "PARP at 50 %=$demo/parp-50/final" \
        "PARP-M at 90 %=$demo/parp-m-90/final"
} | tee -a "$demo/report.md"
