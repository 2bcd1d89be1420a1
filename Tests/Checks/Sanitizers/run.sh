#!/usr/bin/env bash
# run.sh address|thread: builds the program and its tests with a sanitizer, in a build folder of its own, and runs
# what it can find something in. Libraries that are not ours are not built with it.
#
# address: all unit tests and FuzzChecks. Leaks are not looked for: MPI and oneDNN keep memory to the end.
# thread:  what has threads: kernels in parallel, reading ahead, the threads of MPI, signals and the watchdog, under
#          mpirun, too. thread.supp names the libraries whose own locks it cannot see.
#
# parpTests are left out: they start the program some 300 times, each with a limit of time; a run of it stands in for
# them. So are tests of how much memory or time something takes.
set -uo pipefail
kind=${1:?usage: run.sh address|thread}
root=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$root"
scratch=.build/$kind
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0 TSAN_OPTIONS="suppressions=$root/Tests/Checks/Sanitizers/thread.supp:halt_on_error=0:exitcode=66"
# What a sanitizer adds to the memory and time of an input is not the reader's.
export FUZZ_MEGABYTES=4096 FUZZ_SECONDS=60
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_vader_single_copy_mechanism=none

options=(--sanitize="$kind" --scratch-path "$scratch")
# Without optimisation, ranks that wait for each other take hours under it.
[ "$kind" = thread ] && options+=(-c release -Xswiftc -enable-testing)
swift build --build-tests "${options[@]}" || exit 1
bin=$(swift build --build-tests "${options[@]}" --show-bin-path)

failed=0
# stage NAME COMMAND...: one of the runs; it fails with its code, or with a report of the sanitizer on its way.
stage() {
    local name=$1
    shift
    "$@" >"$log/$name" 2>&1 </dev/null
    local code=$?
    local reports
    reports=$(grep -cE '(ERROR|WARNING): (Address|Thread)Sanitizer' "$log/$name")
    if [ $code -eq 0 ] && [ "$reports" -eq 0 ]; then
        echo "ok     $kind: $name: $(grep -E 'Test run with|passed, |inputs for' "$log/$name" | tail -1)"
    else
        echo "FAILED $kind: $name: code $code, $reports reports of the sanitizer"
        grep -E -A 12 '(ERROR|WARNING): (Address|Thread)Sanitizer|^✘|^FAILED' "$log/$name" | head -80
        failed=1
    fi
}

tests() { timeout 3600 swift test --skip-build "${options[@]}" "$@"; }

# A run with everything that is done by turns: masks, evaluations, checkpoints, on two ranks, interrupted and resumed.
whole_run() {
    local folder=$log/whole
    mkdir -p "$folder"
    python3 Tests/Checks/Sanitizers/corpus.py "$folder"
    local train=("$bin/parp" train "$folder/recipe.toml" --output "$folder/out")
    timeout 1800 mpirun -np 2 --bind-to none "${train[@]}" --inject signal@step=3
    [ $? -eq 85 ] || return 1
    timeout 1800 mpirun -np 2 --bind-to none "${train[@]}" --resume
}

if [ "$kind" = address ]; then
    stage units tests --skip parpTests --skip StepMemoryTests --skip TorchArchiveTests/linear
    stage fuzz timeout 3600 "$bin/FuzzChecks" --inputs "${INPUTS:-50000}"
else
    stage units tests --filter 'TensorsTests|KernelsTests|CollectivesTests|SpeechTests|BatchingTests|MaskFilesTests|TrainingTests|TasksTests' \
        --skip PreparedArenaTests/prepare
    stage collectives timeout 3600 Tests/Checks/Collectives/run.sh "$bin/CollectiveChecks"
fi
stage run whole_run
exit $failed
