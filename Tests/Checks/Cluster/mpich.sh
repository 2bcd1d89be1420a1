#!/usr/bin/env bash
# Builds parp on MPICH beside Open MPI, trains with both, and asks for the same bytes and the exit codes of docs/cluster.md.
#
# Usage: mpich.sh PARP_COMMAND [CONFIGURATION]     CONFIGURATION: release (default) or debug, of the build on MPICH.
#
# MPICH is unpacked below .build/mpich and not installed: installed, it would take mpirun over from Open MPI.
set -euo pipefail
cd "$(dirname "$0")/../../.."
parp=$(realpath "$1")
configuration=${2:-release}
folder=$PWD/.build/mpich
packages=$folder/packages
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

if [ ! -x "$packages/usr/bin/mpiexec.hydra" ]; then
    mkdir -p "$packages"
    (
        cd "$packages"
        slurm=$(apt-cache depends mpich | awk '/Depends: libslurm/ { print $2; exit }')
        apt-get -qq download mpich libmpich-dev libmpich12 ${slurm:+"$slurm"}
        for package in *.deb; do dpkg -x "$package" .; done
    )
fi
libraries=$(dirname "$(find "$packages/usr/lib" -name 'libmpich.so.12' | head -1)")
mkdir -p "$folder/pkgconfig"
# What libmpich needs itself it names; linking UCX by name would take its development package.
sed "s#=/usr#=$packages/usr#; s# -luc[a-z]*##g" "$libraries/pkgconfig/mpich.pc" | grep -v '^#' >"$folder/pkgconfig/mpich.pc"
PKG_CONFIG_PATH=$folder/pkgconfig PARP_MPI_PKG=mpich \
    swift build -c "$configuration" --product parp --scratch-path "$folder/build"
other=$folder/build/$configuration/parp
library_path=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

work=$(mktemp -d /tmp/parp-mpich.XXXXXX)
trap 'rm -rf "$work"' EXIT
python3 Tests/Checks/Cluster/corpus.py "$work/tones"
"$parp" init --preset tiny --output "$work/tiny"
cat >"$work/first.toml" <<TOML
[model]
path = "$work/tiny"
[data]
train = "$work/tones/train.jsonl"
valid = "$work/tones/valid.jsonl"
batch_seconds = 6.0
cache_directory = "$work/cache"
[schedule]
updates = 12
[pruning]
interval = 4
TOML
cd "$work"

# MPI ARGUMENT...: two ranks of either program under its own launcher, which replaces this shell.
start() {
    case $1 in
    open) exec mpirun --quiet -np 2 --oversubscribe --bind-to none "$parp" "${@:2}" ;;
    mpich) LD_LIBRARY_PATH=$library_path exec "$packages/usr/bin/mpiexec.hydra" -n 2 "$other" "${@:2}" ;;
    esac
}

# MPI OUTPUT ARGUMENT...: a run that must end well.
finish() {
    (start "$1" train first.toml --output "$2" "${@:3}") >"$2.log" 2>&1 || { tail -n 20 "$2.log" >&2; exit 1; }
}

finish open open
for nodes in 1 2; do
    (export PARP_RANKS_PER_NODE=$((3 - nodes)) && finish mpich "mpich-$nodes")
    cmp open/final/model.safetensors "mpich-$nodes/final/model.safetensors"
    echo "ok: MPICH trains the same bytes as Open MPI, 2 ranks as $nodes node(s)"
done

# MPI SIGNAL CODES CHECKPOINT: how a run ends whose launcher gets a signal, and whether a checkpoint is there then.
interrupt() {
    local output=$1-$2 status=0 found=no
    (start "$1" train first.toml --set schedule.updates=100000 --output "$output") >"$output.log" 2>&1 &
    local launcher=$!
    until grep -q '"train"' "$output/metrics.jsonl" 2>/dev/null; do
        kill -0 "$launcher" || { tail "$output.log" >&2; exit 1; }
        sleep 0.2
    done
    kill "-$2" "$launcher"
    wait "$launcher" || status=$?
    ! compgen -G "$output/checkpoints/step-*" >/dev/null || found=yes
    [[ " $3 " = *" $status "* && $found = "$4" ]] || {
        echo "mpich: $2 to the launcher of $1 ended with $status, checkpoint: $found; not $3, $4" >&2
        tail "$output.log" >&2
        exit 1
    }
    echo "ok: $2 to the launcher of $1 ends with $status, checkpoint: $found"
}
interrupt open USR1 85 yes
# The launcher may be gone before it hears how the ranks ended.
interrupt mpich TERM "85 0" yes

# MPI CODE ARGUMENT...: how a command ends.
ends() {
    local status=0
    (start "$1" "${@:3}") >"ends.log" 2>&1 || status=$?
    [ "$status" -eq "$2" ] || { echo "mpich: ${*:3} ended with $status under $1, not $2" >&2; tail ends.log >&2; exit 1; }
    echo "ok: ${*:3} ends with $status under $1"
}
for mpi in open mpich; do
    ends "$mpi" 64 train first.toml --set schedule.update=3 --output "misspelt-$mpi"
    ends "$mpi" 65 evaluate --model tiny --data nowhere.jsonl
done
ends open 137 train first.toml --inject kill@rank=1:step=3 --output killed-open
ends mpich 9 train first.toml --inject kill@rank=1:step=3 --output killed-mpich

ends open 0 doctor first.toml
ends mpich 0 doctor first.toml
grep -q '^MPI: MPICH Version: .*mpiexec -n 2' ends.log || { cat ends.log >&2; exit 1; }
echo "ok: doctor names MPICH and its flags"
