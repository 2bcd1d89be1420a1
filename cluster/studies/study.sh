#!/usr/bin/env bash
# The paper's comparisons on real recordings, each resumed by the same command.
#
# Usage: study.sh PARP_COMMAND STUDY MODEL [ARGUMENT OF parp compare]...
#   comparison   all methods at 30, 50, 70 and 90 %, three seeds, on ten minutes of Spanish, a voice of its own
#   frozen       dense, MPI and OMP of the same, with the encoder frozen for five sixths of each run, as in the authors' recipes
#   short        dense, MPI, OMP, PARP, PARP-P, GMP and PARP-M at 50 to 90 % by the demo's recipe: 400 updates at 2e-3
#   transfer     OMP masks of English, Spanish, French and Russian in each of the four, held and adjusted, at 50 %: forty runs of 300 updates
#   joint        one model of nine languages, balanced: dense, PARP and PARP-P at 50 %, error rates of each language
# MODEL is a pre-trained model: a preset's name, a directory or a fairseq checkpoint.
# RANKS is the number of ranks (default 2), STUDIES the output folder (default build/studies). Recordings are fetched.
# SEEDS and SPARSITIES select a part of the first three: one seed at one sparsity takes some ten runs of 4,000 updates, two hours at
# most on two cores. Parts of one study share their folder; without SEEDS and SPARSITIES, --only-report tabulates all runs.
set -euo pipefail
parp=$(realpath "${1:?usage: study.sh PARP_COMMAND STUDY MODEL}")
study=${2:?usage: study.sh PARP_COMMAND STUDY MODEL}
model=${3:?usage: study.sh PARP_COMMAND STUDY MODEL}
shift 3
cd "$(dirname "$0")/../.."
. cluster/launch.sh
corpora=${CORPORA:-build/corpora}
studies=${STUDIES:-build/studies}

# split NAME CORPUS...: ten minutes of each corpus for training, all held-out data for evaluation.
split() {
    local folder=$studies/data/$1 corpus trained=() held=()
    shift
    [ -s "$folder/valid.jsonl" ] && return
    for corpus; do
        cluster/corpora/fetch.sh "$corpus" "$corpora/$corpus"
        trained+=("$corpora/$corpus/train.jsonl")
        held+=("$corpora/$corpus/valid.jsonl" "$corpora/$corpus/test.jsonl")
    done
    python3 cluster/corpora/mix.py --minutes 10 "$folder/train.jsonl" "${trained[@]}"
    python3 cluster/corpora/mix.py "$folder/valid.jsonl" "${held[@]}"
}

# compare OUTPUT ARGUMENT...: does a comparison's missing runs. Nothing is selected on held-out data, so it also serves as the
# test set, from whose recordings differences get their intervals.
compare() {
    local output=$1
    shift
    launch "${RANKS:-2}" "$parp" compare cluster/recipes/study.toml --set "model.path=$model" --output "$output" "$@"
}

case $study in
    comparison)
        split es asterisk-es
        compare "$studies/comparison" --sparsities "${SPARSITIES:-0.3,0.5,0.7,0.9}" --seeds "${SEEDS:-1,2,3}" \
            --set "data.train=$studies/data/es/train.jsonl" --set "data.valid=$studies/data/es/valid.jsonl" \
            --test "$studies/data/es/valid.jsonl" "$@" ;;
    frozen)
        split es asterisk-es
        updates=$(sed -n 's/^updates = //p' cluster/recipes/study.toml)
        compare "$studies/frozen" --methods dense,mpi,omp --sparsities "${SPARSITIES:-0.3,0.5,0.7,0.9}" --seeds "${SEEDS:-1,2,3}" \
            --set model.freeze_encoder_updates=$((updates * 5 / 6)) \
            --set "data.train=$studies/data/es/train.jsonl" --set "data.valid=$studies/data/es/valid.jsonl" \
            --test "$studies/data/es/valid.jsonl" "$@" ;;
    short)
        corpus=$corpora/asterisk-es
        cluster/corpora/fetch.sh asterisk-es "$corpus"
        launch "${RANKS:-2}" "$parp" compare cluster/recipes/demo.toml --set "model.path=$model" --output "$studies/short" \
            --methods dense,mpi,omp,parp,parp-p,gmp,parp-m --sparsities "${SPARSITIES:-0.5,0.7,0.8,0.9}" \
            --seeds "${SEEDS:-1,2,3}" --set "data.train=$corpus/train.jsonl" --set "data.valid=$corpus/valid.jsonl" \
            --test "$corpus/test.jsonl" "$@" ;;
    transfer)
        languages=()
        for language in en es fr ru; do
            split "$language" "asterisk-$language"
            languages+=(--data "$language=$studies/data/$language")
        done
        # Forty runs: short ones, at the demo's rate.
        compare "$studies/transfer" --methods dense,parp,omp --sparsities 0.5 --seeds 1 --transfer omp,parp \
            --set optimizer.learning_rate=2e-3 --set schedule.updates=300 --set pruning.interval=15 \
            "${languages[@]}" "$@" ;;
    joint)
        split joint asterisk-en asterisk-es asterisk-fr asterisk-ru fillets-nl tuxpaint-be tuxpaint-bg tuxpaint-el tuxpaint-ro
        compare "$studies/joint" --methods dense,parp,parp-p --sparsities 0.5 --seeds 1 \
            --set optimizer.learning_rate=2e-3 --set schedule.updates=2400 --set data.batch_seconds=44 \
            --set data.sampling_alpha=0.5 --set data.bad_utterances=skip \
            --set "data.train=$studies/data/joint/train.jsonl" --set "data.valid=$studies/data/joint/valid.jsonl" \
            --test "$studies/data/joint/valid.jsonl" "$@" ;;
    *) echo "study: no such study: '$study'" >&2; sed -n 's/^# \?//; 3,11p' "$0" >&2; exit 64 ;;
esac
