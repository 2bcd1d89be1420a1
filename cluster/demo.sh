#!/usr/bin/env bash
# A whole PARP run on real recordings, on two ranks: from nothing to a table of dense and pruned error rates.
#
# Usage: demo.sh PARP_COMMAND      Writes build/demo/ and its report, build/demo/report.md.
#
# PARP starts from a pre-trained model: here the small one in cluster/models, which has heard neither this voice nor its
# language, Spanish. With equal updates and learning rates, one run fine-tunes it dense, one with PARP at 50 % and one at 90 %,
# where it matters more how a subnetwork is found; the dense model is also pruned once without training, which shows what the
# adjusting is worth. All are evaluated on texts that no run has seen.
set -euo pipefail
parp=$1
cd "$(dirname "$0")/.."
. cluster/launch.sh
corpus=build/corpora/asterisk-es
demo=build/demo

cluster/corpora/fetch.sh asterisk-es "$corpus"
cat "$corpus/valid.jsonl" "$corpus/test.jsonl" >"$corpus/heldout.jsonl"
rm -rf "$demo"
mkdir -p "$demo"

echo "== 1 of 3: dense"
launch 2 "$parp" train cluster/recipes/demo.toml --set pruning.method=dense --output "$demo/dense"

echo "== 2 of 3: PARP at 50 %"
launch 2 "$parp" train cluster/recipes/demo.toml --output "$demo/parp"

echo "== 3 of 3: PARP at 90 %"
launch 2 "$parp" train cluster/recipes/demo.toml --set pruning.sparsity=0.9 --output "$demo/parp-90"

"$parp" prune --model "$demo/dense/final" --sparsity 0.5 --output "$demo/once"
"$parp" prune --model "$demo/dense/final" --sparsity 0.9 --output "$demo/once-90"
for model in dense/final parp/final parp-90/final once once-90; do
    launch 2 "$parp" evaluate --model "$demo/$model" --data "$corpus/heldout.jsonl" --json >"$demo/$model.json"
done
python3 cluster/demo_table.py "$demo" "$corpus" | tee "$demo/report.md"
