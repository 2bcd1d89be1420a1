#!/usr/bin/env bash
# The paper's comparisons on real recordings, each resumable: give the same command again.
#
# Usage: study.sh PARP_COMMAND STUDY MODEL [ARGUMENT OF parp compare]...
#   comparison   all methods at 30, 50, 70 and 90 %, two seeds, on ten minutes of Spanish, a voice of its own
#   transfer     OMP masks of English, Spanish, French and Russian in each of the four, held and adjusted, at 50 %
#   joint        one model of nine languages, balanced: dense, PARP and PARP-P at 50 %, error rates of each language
# MODEL is a pre-trained model: a preset's name, a directory or a fairseq checkpoint.
# RANKS says how many ranks (default 2), STUDIES where to write (default build/studies). Recordings are fetched.
set -euo pipefail
parp=$(realpath "${1:?usage: study.sh PARP_COMMAND STUDY MODEL}")
study=${2:?usage: study.sh PARP_COMMAND STUDY MODEL}
model=${3:?usage: study.sh PARP_COMMAND STUDY MODEL}
shift 3
cd "$(dirname "$0")/../.."
. cluster/launch.sh
corpora=${CORPORA:-build/corpora}
studies=${STUDIES:-build/studies}

# split NAME CORPUS...: ten minutes of each corpus to train on; all that is held out to evaluate on.
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

# compare OUTPUT ARGUMENT...: runs what is missing of a comparison.
compare() {
    local output=$1
    shift
    launch "${RANKS:-2}" "$parp" compare cluster/recipes/study.toml --set "model.path=$model" --output "$output" "$@"
}

case $study in
    comparison)
        split es asterisk-es
        compare "$studies/comparison" --sparsities 0.3,0.5,0.7,0.9 --seeds 1,2 \
            --set "data.train=$studies/data/es/train.jsonl" --set "data.valid=$studies/data/es/valid.jsonl" "$@" ;;
    transfer)
        languages=()
        for language in en es fr ru; do
            split "$language" "asterisk-$language"
            languages+=(--data "$language=$studies/data/$language")
        done
        compare "$studies/transfer" --methods dense,parp,omp --sparsities 0.5 --seeds 1 --transfer omp,parp --set schedule.updates=200 \
            "${languages[@]}" "$@" ;;
    joint)
        split joint asterisk-en asterisk-es asterisk-fr asterisk-ru fillets-nl tuxpaint-be tuxpaint-bg tuxpaint-el tuxpaint-ro
        compare "$studies/joint" --methods dense,parp,parp-p --sparsities 0.5 --seeds 1 \
            --set data.sampling_alpha=0.5 --set data.bad_utterances=skip --set schedule.updates=600 \
            --set "data.train=$studies/data/joint/train.jsonl" --set "data.valid=$studies/data/joint/valid.jsonl" "$@" ;;
    *) echo "study: no such study: '$study'" >&2; sed -n 's/^# \?//; 3,10p' "$0" >&2; exit 64 ;;
esac
