#!/usr/bin/env bash
# Rebuilds cluster/models/small: hours on two cores. Each stage resumes where it stopped.
#
# Needs PyTorch for the first weights and SciPy for varied copies (`make .venv`), and espeak-ng for phones.
#
# Usage: make_small.sh PARP_COMMAND DIALOGUE [RANKS]      DIALOGUE: English speech with transcripts, a JSONL manifest or its folder
set -euo pipefail
parp=$1
dialogue=$2
ranks=${3:-2}
cd "$(dirname "$0")/../.."
. cluster/launch.sh
work=build/small

cluster/corpora/fetch.sh all
python3 cluster/models/manifests.py build/corpora "$dialogue" "$work"

if [ ! -e "$work/random" ]; then
    "$parp" init --preset small --output "$work/drawn"
    .venv/bin/python cluster/models/start.py "$work/drawn" "$work/random"
fi
launch "$ranks" "$parp" pretrain cluster/recipes/small-pretrain-1.toml --output "$work/stage1" --resume
launch "$ranks" "$parp" pretrain cluster/recipes/small-pretrain-2.toml --output "$work/stage2" --resume
launch "$ranks" "$parp" train cluster/recipes/small-ctc.toml --output "$work/stage3" --resume

# Phones of all languages, from here on: one inventory, twice the speech.
for set in train valid; do
    [ -s "$work/phones-$set.jsonl" ] || "$parp" corpus phones "$work/spoken-$set.jsonl" --output "$work/phones-$set.jsonl"
done
.venv/bin/python cluster/models/vary.py "$work/phones-train.jsonl" "$work/varied" 3
[ -e "$work/start-phones" ] || "$parp" convert "$work/stage3/best" --encoder-only --output "$work/start-phones"
launch "$ranks" "$parp" train cluster/recipes/small-phones.toml --output "$work/stage4" --resume
launch "$ranks" "$parp" train cluster/recipes/small-phones-2.toml --output "$work/stage5" --resume
launch "$ranks" "$parp" train cluster/recipes/small-phones-3.toml --output "$work/stage6" --resume
"$parp" convert "$work/stage6/final" --encoder-only --bfloat16 --output "$work/small"
