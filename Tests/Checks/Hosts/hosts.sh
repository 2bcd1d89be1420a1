#!/usr/bin/env bash
# Trains on several hosts, which are network namespaces with shaped links: the result is that of one host, sums go within
# hosts first, and the cost model fitted at one speed of the network predicts steps at others.
#
# Usage: hosts.sh PARP_COMMAND [FOLDER]
#
# Needs root and a kernel with network namespaces, bridges, veth and htb; says what is missing and ends with 69 otherwise.
# Speeds are measured on whatever else the machine does; REPEATS (default 3) launches a setting.
set -euo pipefail
cd "$(dirname "$0")/../../.."
parp=$(realpath "$1")
work=$(realpath -m "${2:-$(mktemp -d /tmp/parp-hosts.XXXXXX)}")
# shellcheck source=Tests/Checks/Hosts/network.sh
. Tests/Checks/Hosts/network.sh
missing=$(hosts_missing)
[ -z "$missing" ] || { echo "hosts: cannot run here, for want of: ${missing//$'\n'/; }" >&2; exit 69; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PARP_CACHE_DIR=$work/cache
trap 'exit 130' INT TERM
trap stop_hosts EXIT
mkdir -p "$work"
python3 Tests/Checks/Cluster/corpus.py "$work/data"
"$parp" init --preset small --output "$work/model" >/dev/null
cat >"$work/recipe.toml" <<TOML
[model]
path = "$work/model"
[data]
train = "$work/data/train.jsonl"
valid = "$work/data/valid.jsonl"
batch_seconds = 12.0
[schedule]
updates = 8
[pruning]
interval = 4
[checkpoint]
every_updates = 0
[evaluation]
every_updates = 0
TOML

start_hosts 3 "$work/network"
faults=0
expect() { # expect WHAT COMMAND...
    if "${@:2}"; then echo "ok: $1"; else echo "FAILED: $1"; faults=$((faults + 1)); fi
}
# train NAME COMMAND...: a run whose log is kept.
train() {
    local name=$1
    shift
    "$@" "$parp" train "$work/recipe.toml" --output "$work/runs/$name" >"$work/$name.log" 2>&1 ||
        { tail -n 20 "$work/$name.log" >&2; return 1; }
}
same() { cmp -s "$work/runs/$1/final/model.safetensors" "$work/runs/$2/final/model.safetensors"; }

# The same ranks on this machine alone, grouped as the hosts are: the same sums in the same order.
alone() { PARP_RANKS_PER_NODE=$1 mpirun --quiet --oversubscribe --bind-to none -np "$2" "${@:3}"; }
train alone-1-1 alone 1 2
train alone-2-1 alone 2 3
for rate in 10gbit 1gbit 100mbit; do
    shape_hosts "$rate"
    train "hosts-1-1-$rate" on_hosts 1,1
    expect "two hosts at $rate have the result of one" same "hosts-1-1-$rate" alone-1-1
done
shape_hosts 10gbit
train hosts-2-1 on_hosts 2,1
expect "two ranks on one host and one on another have the result of one host" same hosts-2-1 alone-2-1
expect "ranks of a host sum together first" grep -q '3 ranks on 2 nodes of 2+1' "$work/hosts-2-1.log"
train hosts-1-1-1 on_hosts 1,1,1
expect "three hosts are three nodes" grep -q '3 ranks on 3 nodes of 1' "$work/hosts-1-1-1.log"

# A launcher as parp scale run calls it: `launcher -np N program…`, a rank a host.
cat >"$work/launcher" <<LAUNCHER
#!/usr/bin/env bash
. "$PWD/Tests/Checks/Hosts/network.sh"
hosts_prefix=$hosts_prefix hosts_folder=$work/network
case \$2 in 1) ranks=1 ;; 2) ranks=1,1 ;; *) ranks=1,1,1 ;; esac
on_hosts "\$ranks" "\${@:3}"
LAUNCHER
chmod +x "$work/launcher"
# The speeds take turns, so that what else happens on this machine falls on all.
for ((turn = 1; turn <= ${REPEATS:-3}; turn++)); do
    for rate in 1gbit 10gbit 100mbit; do
        shape_hosts "$rate"
        "$parp" scale run "$work/recipe.toml" --ranks 1,2 --methods dense --output "$work/study-$rate" \
            --launcher "$work/launcher" --updates "${UPDATES:-6}" --warmup 2 --min-repeats "$turn" --max-repeats "$turn" |
            sed "s/^/$rate: /"
    done
done
for rate in 1gbit 10gbit 100mbit; do
    "$parp" scale fit "$work/study-$rate" >"$work/fit-$rate.log"
    "$parp" scale report "$work/study-$rate" --ranks 1,2 >/dev/null
done
python3 Tests/Checks/Hosts/predict.py "$parp" "$work" || faults=$((faults + 1))
echo "$faults failed; everything is in $work"
[ "$faults" -eq 0 ]
