#!/usr/bin/env bash
# Several hosts on one machine: network namespaces on a bridge, each with its own address and host name, links shaped.
# Sourced. Needs root; says what else is missing.

# Names of this test alone, so that two of them do not meet.
hosts_prefix=parp$$

hosts_missing() {
    [ "$(id -u)" -eq 0 ] || { echo "root, for network namespaces"; return; }
    local tool
    for tool in ip tc unshare mpirun; do command -v "$tool" >/dev/null || echo "$tool"; done
    ip netns add "$hosts_prefix-try" 2>/dev/null || { echo "network namespaces (CAP_SYS_ADMIN)"; return; }
    ip -n "$hosts_prefix-try" link add name switch0 type bridge 2>/dev/null || echo "bridges in the kernel"
    ip -n "$hosts_prefix-try" link add name one type veth peer name two 2>/dev/null || echo "veth in the kernel"
    ip netns exec "$hosts_prefix-try" tc qdisc add dev lo root handle 1: htb default 1 2>/dev/null ||
        echo "tc's htb in the kernel"
    ip netns del "$hosts_prefix-try"
}

# start_hosts COUNT FOLDER: the switch is a namespace of its own, so that nothing of the machine's network changes.
start_hosts() {
    local count=$1 folder=$2 host
    hosts_folder=$folder hosts_count=$count
    mkdir -p "$folder"
    : >"$folder/hosts"
    echo "127.0.0.1 localhost" >"$folder/names"
    for ((host = 1; host <= count; host++)); do
        echo "10.213.0.$host $hosts_prefix-$host" >>"$folder/names"
    done
    ip netns add "$hosts_prefix-switch"
    ip -n "$hosts_prefix-switch" link add name switch0 type bridge
    ip -n "$hosts_prefix-switch" link set switch0 up
    for ((host = 1; host <= count; host++)); do
        local space=$hosts_prefix-$host
        ip netns add "$space"
        mkdir -p "/etc/netns/$space"
        cp "$folder/names" "/etc/netns/$space/hosts"
        ip -n "$space" link set lo up
        ip -n "$hosts_prefix-switch" link add "port$host" type veth peer name eth0 netns "$space"
        ip -n "$hosts_prefix-switch" link set "port$host" master switch0 up
        ip -n "$space" addr add "10.213.0.$host/24" dev eth0
        ip -n "$space" link set eth0 up
    done
    cat >"$folder/agent" <<'AGENT'
#!/usr/bin/env bash
# What mpirun calls instead of ssh: agent HOST COMMAND…
space=$1
shift
exec ip netns exec "$space" unshare --uts bash -c 'hostname "$0"; eval "$@"' "$space" "$@"
AGENT
    chmod +x "$folder/agent"
}

# shape_hosts RATE: what each host sends is limited, as a network card's speed is. RATE is 10gbit, 1gbit or 100mbit.
shape_hosts() {
    local host burst
    # A millisecond's worth, or one segment of TCP if that is more: a larger burst would pass as if there were no limit.
    case $1 in 10gbit) burst=1250k ;; 1gbit) burst=128k ;; *) burst=66k ;; esac
    for ((host = 1; host <= hosts_count; host++)); do
        local space=$hosts_prefix-$host
        tc -n "$space" qdisc del dev eth0 root 2>/dev/null || true
        tc -n "$space" qdisc add dev eth0 root handle 1: htb default 1
        tc -n "$space" class add dev eth0 parent 1: classid 1:1 htb rate "$1" ceil "$1" burst "$burst" cburst "$burst" \
            quantum 60000
    done
}

# on_hosts RANKS_PER_HOST[,RANKS…] COMMAND...: mpirun from the first host, ranks by host. Open MPI is told to speak TCP
# on eth0 between hosts; inside one it shares memory.
on_hosts() {
    local host=0 total=0 count
    : >"$hosts_folder/hosts"
    for count in ${1//,/ }; do
        host=$((host + 1)) total=$((total + count))
        echo "$hosts_prefix-$host slots=$count" >>"$hosts_folder/hosts"
    done
    shift
    "$hosts_folder/agent" "$hosts_prefix-1" mpirun --quiet --bind-to none --map-by slot \
        --hostfile "$hosts_folder/hosts" --mca plm_rsh_agent "$hosts_folder/agent" \
        --mca btl self,vader,tcp --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 --mca pml ob1 \
        -np "$total" "$@"
}

stop_hosts() {
    local host
    for ((host = 1; host <= ${hosts_count:-0}; host++)); do
        ip netns del "$hosts_prefix-$host" 2>/dev/null || true
        rm -rf "/etc/netns/$hosts_prefix-$host"
    done
    ip netns del "$hosts_prefix-switch" 2>/dev/null || true
    rmdir /etc/netns 2>/dev/null || true
}
