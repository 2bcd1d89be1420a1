#!/usr/bin/env bash
# A whole PARP run on real recordings, on two ranks: from nothing to a table of dense and pruned error rates.
#
# Usage: demo.sh PARP_COMMAND      Writes build/demo/ and its report, build/demo/report.md.
#
# PARP starts from a pre-trained model, and none can be fetched freely here. So a small one is trained from random
# weights first, for a few minutes, on the same 13 minutes of speech. From there, with equal updates and learning rates,
# one run goes on dense, one with PARP at 50 % and one at 90 %, where it matters more how a subnetwork is found; the start
# is also pruned once without training, which shows what the adjusting is worth. All are evaluated on texts that no run
# has seen.
set -euo pipefail
parp=$1
cd "$(dirname "$0")/.."
. cluster/launch.sh
corpus=build/corpora/asterisk-en
demo=build/demo

cluster/corpora/fetch.sh asterisk-en "$corpus"
cat "$corpus/valid.jsonl" "$corpus/test.jsonl" >"$corpus/heldout.jsonl"
rm -rf "$demo"
mkdir -p "$demo"

echo "== 1 of 4: a start from random weights"
"$parp" init --preset tiny --output "$demo/random"
launch 2 "$parp" train cluster/recipes/demo-start.toml --output "$demo/start"

echo "== 2 of 4: on from there, dense"
launch 2 "$parp" train cluster/recipes/demo.toml --set pruning.method=dense --output "$demo/dense"

echo "== 3 of 4: on from there, with PARP at 50 %"
launch 2 "$parp" train cluster/recipes/demo.toml --output "$demo/parp"

echo "== 4 of 4: on from there, with PARP at 90 %"
launch 2 "$parp" train cluster/recipes/demo.toml --set pruning.sparsity=0.9 --output "$demo/parp-90"

"$parp" prune --model "$demo/start/final" --sparsity 0.5 --output "$demo/once"
"$parp" prune --model "$demo/start/final" --sparsity 0.9 --output "$demo/once-90"
for model in start/final dense/final parp/final parp-90/final once once-90; do
    launch 2 "$parp" evaluate --model "$demo/$model" --data "$corpus/heldout.jsonl" --json >"$demo/$model.json"
done
python3 cluster/demo_table.py "$demo" "$corpus" | tee "$demo/report.md"
