#!/usr/bin/env bash
# Trains under a real Slurm that interrupts the runs, and asks that nothing of it shows in their results.
#
# Usage: slurm.sh PARP_COMMAND
#
# Debian's Slurm and munge are installed if they are missing, and stay installed; their daemons live in a temporary
# folder and end with the test, also when it fails or is interrupted. Takes five to ten minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../../.."
parp=$(realpath "$1")
# shellcheck source=Tests/Checks/Cluster/local_slurm.sh
. Tests/Checks/Cluster/local_slurm.sh

install_slurm
work=$(mktemp -d /tmp/parp-slurm.XXXXXX) # short: paths of sockets have at most 107 characters
trap 'exit 130' INT TERM
trap tear_down EXIT
tear_down() {
    local status=$?
    stop_slurm "$work/slurm"
    [ "$status" -eq 0 ] || tail -n 20 "$work"/*.log "$work"/slurm/slurm*.log >&2
    rm -rf "$work"
    exit "$status"
}
fail() { echo "slurm: $*" >&2; exit 1; }
passed() { echo "ok: $*"; }

updates=150 # a run: 10 s to a minute
python3 Tests/Checks/Cluster/corpus.py "$work/corpus"
"$parp" init --preset tiny --output "$work/model" >"$work/init.log"
cat >"$work/recipe.toml" <<TOML
[model]
path = "$work/model"
freeze_feature_encoder = false

[data]
train = "$work/corpus/train.jsonl"
valid = "$work/corpus/valid.jsonl"
batch_seconds = 6.0
rank_seconds = 6.0

[optimizer]
learning_rate = 5e-4

[schedule]
updates = $updates

[pruning]
interval = 20

[checkpoint]
every_updates = 0 # an interruption writes the only one there is to go on from

[evaluation]
every_updates = 0
TOML

start_slurm "$work/slurm" 4
export PARP=$parp OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export MPIRUN_FLAGS="--quiet --oversubscribe --bind-to none"
scripts=cluster/slurm

# submit NAME [options of sbatch]…: prints the job's number. Its run directory is $work/NAME.
submit() {
    local name=$1
    shift
    OUTPUT=$work/$name sbatch --parsable --job-name="$name" --output="$work/$name.log" \
        --ntasks-per-node=2 --cpus-per-task=1 "$@" $scripts/train.sbatch "$work/recipe.toml"
}
field() { scontrol --oneliner show job "$1" | grep -o " $2=[^ ]*" | head -n 1 | cut -d= -f2; }

# await JOB STATE: until the job is in that state; fails where it has ended in another, or after ten minutes.
await() {
    local job=$1 wanted=$2 state
    for _ in {1..1200}; do
        state=$(field "$job" JobState)
        [ "$state" = "$wanted" ] && return
        case $state in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL) break ;; esac
        sleep 0.5
    done
    fail "job $job ($(field "$job" JobName)) is $state, not $wanted"
}
updates_done() { grep -c '"kind": "train"' "$work/$1/metrics.jsonl" 2>/dev/null || true; }
# Until a run has done so many updates, so that a signal finds it in the middle of them.
await_updates() {
    local name=$1 wanted=$2 seen
    for _ in {1..1500}; do
        seen=$(updates_done "$name")
        [ "${seen:-0}" -ge "$wanted" ] && return
        sleep 0.2
    done
    fail "$name has not done $wanted updates in 5 minutes"
}
await_log() {
    local name=$1 pattern=$2
    for _ in {1..600}; do
        tr '\n' ' ' <"$work/$name.log" | grep -q "$pattern" && return
        sleep 0.2
    done
    fail "$name.log does not say \"$pattern\" in 2 minutes"
}
hash() { sha256sum <"$work/$1/final/model.safetensors"; }

# expect_result NAME JOB RESTARTS: it was requeued so often at least, and made what the undisturbed run made.
expect_result() {
    local name=$1 job=$2 restarts
    await "$job" COMPLETED
    restarts=$(field "$job" Restarts)
    [ "$restarts" -ge "$3" ] || fail "$name was requeued $restarts times, not $3"
    [ "$(hash "$name")" = "$(hash undisturbed)" ] || fail "$name has other weights than the undisturbed run"
    passed "$name was requeued $restarts times and has the weights of an undisturbed run"
}

sbatch --test-only --ntasks-per-node=2 --cpus-per-task=1 $scripts/train.sbatch "$work/recipe.toml" 2>"$work/test-only.log"
DRY_RUN=1 OUTPUT=$work/dry $scripts/sweep.sh "$work/recipe.toml" --test-only >/dev/null
[ "$(wc -l <"$work/dry/cells.txt")" -eq 27 ] || fail "three methods, four sparsities and three seeds are 27 runs"
passed "Slurm accepts the job scripts (sbatch --test-only)"

await "$(submit undisturbed)" COMPLETED
passed "a run of $updates updates under srun"

# First by hand, then by the shortest time limit there is, a minute: asked for 20 s before it, the warning comes 10 s to 40 s
# after the start, since Slurm looks every 30 s. The ranks are frozen until then, lest a fast machine be done before.
# Slurm itself could freeze only what srun started.
ranks_of() { pgrep -f "^$parp train .* --output $work/$1 "; }
for launcher in srun mpirun; do
    name=preempted-$launcher
    job=$(LAUNCHER=$launcher submit "$name" --time=1 --signal=B:USR1@20)
    await_updates "$name" 5
    scancel --signal=USR1 --batch "$job"
    await_log "$name" "start 2"
    await_updates "$name" $(($(updates_done "$name") + 5))
    mapfile -t ranks < <(ranks_of "$name")
    [ ${#ranks[@]} -eq 2 ] || fail "$name has ${#ranks[@]} ranks, not 2"
    kill -STOP "${ranks[@]}"
    await_log "$name" "asking the ranks.*asking the ranks"
    kill -CONT "${ranks[@]}"
    expect_result "$name" "$job" 2
done

# Preempted by Slurm, for a job of a partition that goes before: what srun started gets SIGTERM at once; what mpirun
# started only when the ten seconds of grace are over, and then has as many again (KillWait) for its checkpoint.
for launcher in srun mpirun; do
    name=evicted-$launcher
    job=$(LAUNCHER=$launcher submit "$name")
    await_updates "$name" 5
    mapfile -t ranks < <(ranks_of "$name")
    kill -STOP "${ranks[@]}"
    urgent=$(sbatch --parsable --partition=urgent --job-name=urgent --output="$work/urgent.log" --ntasks=4 --wrap true)
    await_log "$name" "CANCELLED AT"
    kill -CONT "${ranks[@]}"
    await "$urgent" COMPLETED
    expect_result "$name" "$job" 1
done

job=$(submit signalled)
await_updates signalled 5
scancel --signal=TERM --batch "$job"
expect_result signalled "$job" 1

job=$(submit cancelled)
await_updates cancelled 5
scancel "$job"
await "$job" CANCELLED
sleep 8 # longer than a requeued job would wait
[ "$(field "$job" JobState) $(field "$job" Restarts)" = "CANCELLED 0" ] || fail "a cancelled job was requeued"
passed "a cancelled job stays cancelled"

job=$(MAX_RESTARTS=0 submit guarded)
await_updates guarded 5
scancel --signal=USR1 --batch "$job"
await "$job" FAILED
[ "$(field "$job" ExitCode)" = 85:0 ] || fail "a run that may not be requeued ends with $(field "$job" ExitCode)"
passed "MAX_RESTARTS ends a job that is requeued too often, with 85"

sed 's/^updates = .*/updates = 10/' "$work/recipe.toml" >"$work/short.toml"
array=$(METHODS="dense parp" SPARSITIES=0.5 SEEDS="1 2" OUTPUT=$work/sweep $scripts/sweep.sh "$work/short.toml" \
    --parsable --ntasks-per-node=1 --cpus-per-task=1 | tail -n 1)
for task in 0 1 2 3; do await "${array}_$task" COMPLETED; done
for run in dense-seed1 parp-0.5-seed1 dense-seed2 parp-0.5-seed2; do
    [ -s "$work/sweep/$run/final/model.safetensors" ] || fail "the sweep has no $run"
done
passed "a sweep of two methods and two seeds"
