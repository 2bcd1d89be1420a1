#!/usr/bin/env bash
# Runs parp under a small profiler of MPI, preloaded as mpiP and Score-P are: it must see every rank's calls, and in them
# the gradients of every update, and the trained model must be that of a run without it.
#
# Usage: profiler.sh PARP_COMMAND
set -euo pipefail
cd "$(dirname "$0")/../../.."
parp=$(realpath "$1")
work=$(mktemp -d /tmp/parp-profiler.XXXXXX)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fail() { echo "profiler: $*" >&2; exit 1; }

mpicc -O1 -Wall -Werror -shared -fPIC Tests/Checks/Cluster/profiler.c -o "$work/profiler.so"
python3 Tests/Checks/Cluster/corpus.py "$work/corpus"
"$parp" init --preset tiny --output "$work/model" >/dev/null
# Dense: with a mask only what is kept would travel. A fixed size of buckets, as a probe's messages would count, too.
cat >"$work/recipe.toml" <<TOML
[model]
path = "$work/model"
[data]
train = "$work/corpus/train.jsonl"
valid = "$work/corpus/valid.jsonl"
batch_seconds = 6.0
cache_directory = "$work/cache"
[pruning]
method = "dense"
[distributed]
bucket_megabytes = 1
senders = "all"
TOML

# train NAME UPDATES [options of mpirun]…: two ranks, as if each were a node of its own.
train() {
    local name=$1 updates=$2
    shift 2
    mpirun --quiet --oversubscribe --bind-to none -np 2 -x PARP_RANKS_PER_NODE=1 "$@" "$parp" train "$work/recipe.toml" \
        --set "schedule.updates=$updates" --output "$work/$name" >"$work/$name.log" 2>&1 ||
        { cat "$work/$name.log" >&2; fail "$name ended with a fault"; }
}
train plain 8
train profiled 8 -x LD_PRELOAD="$work/profiler.so" -x MPI_CALLS="$work/calls-8"
train longer 12 -x LD_PRELOAD="$work/profiler.so" -x MPI_CALLS="$work/calls-12"
cmp "$work/plain/final/model.safetensors" "$work/profiled/final/model.safetensors" ||
    fail "a profiled run has other weights"

python3 - "$work" <<'PYTHON'
import json
import pathlib
import sys

work = pathlib.Path(sys.argv[1])


def seen(run, rank):
    lines = (work / f"{run}.{rank}").read_text().splitlines()
    return {name: (int(calls), int(size)) for name, calls, size in map(str.split, lines)}


events = map(json.loads, (work / "longer/metrics.jsonl").read_text().splitlines())
gradients = sum(event["gradient_bytes"] for event in events if event["kind"] == "train" and event["step"] > 8)
for rank in range(2):
    short, long = seen("calls-8", rank), seen("calls-12", rank)
    for name in ["MPI_Init_thread", "MPI_Finalize"]:
        assert short[name][0] == 1, f"rank {rank} called {name} {short[name][0]} times"
    for name in ["MPI_Ibcast", "MPI_Iallgather", "MPI_Allreduce", "MPI_Ialltoallv", "MPI_Iallgatherv"]:
        assert short[name][0] > 0, f"rank {rank} called {name} never"
    # Four more updates, four more gradients: once out to be summed, once back.
    for name in ["MPI_Ialltoallv", "MPI_Iallgatherv"]:
        more = long[name][1] - short[name][1]
        assert gradients <= more <= gradients * 1.01, \
            f"rank {rank}: 4 updates gave {more} bytes to {name}, and their gradients have {gradients}"
print(f"ok: a preloaded profiler sees MPI's calls, among them 4 updates' {gradients} bytes of gradients on each rank")
for name, (calls, size) in seen("calls-12", 0).items():
    print(f"    {name:16} {calls:6} calls" + (f", {size} bytes" if size else ""))
PYTHON
