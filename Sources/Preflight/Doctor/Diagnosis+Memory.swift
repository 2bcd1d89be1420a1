internal import Kernels

extension Diagnosis {
    /// Too little memory, or memory of the wrong kind.
    var memoryFindings: [Finding] {
        nodes.flatMap { runMemoryFindings($0.ranks) + sharedMemoryFindings($0.ranks) } + hugePageFindings
    }

    /// A node with less memory than the run needs: an error if it can never be enough.
    private func runMemoryFindings(_ members: [Int]) -> [Finding] {
        let memory = ranks[members[0]].memory
        let wanted = needs.rankBytes * members.count
        let most = min(memory.total, memory.limit ?? memory.total)
        let free = min(memory.available, most)
        guard memory.total > 0, wanted > free else { return [] }
        let isLimited = memory.limit.map { $0 < memory.total } ?? false
        return [
            Finding(
                wanted > most ? .error : .warning, .machine, ranks: members,
                what: "the run takes \(bytesText(needs.rankBytes)) per rank, \(bytesText(wanted)) here; "
                    + "\(bytesText(free)) are free" + (isLimited ? " in this control group" : ""),
                why: "on a node without free memory the system kills a process, without a message",
                fix: "lower data.rank_seconds, start fewer ranks per node, "
                    + (isLimited
                        ? "or request more (srun --mem=…, docker --memory=…)"
                        : "or set model.recompute_activations = true (parp plan shows what each takes)"))
        ]
    }

    /// wav2vec 2.0 base has 94.4 million weights: the assumption for a launch without a recipe.
    private static let baseGradientBytes = 94_400_000 * 4

    private func sharedMemoryFindings(_ members: [Int]) -> [Finding] {
        let memory = ranks[members[0]].memory
        guard members.count > 1 else { return [] }
        let why =
            "gradients then go through MPI inside the node instead of shared memory: much slower"
        guard memory.sharedIsWritable else {
            return [
                Finding(
                    .warning, .machine, ranks: members,
                    what: "no file can be created in \(memory.sharedFolder)",
                    why: why,
                    fix: "mount it writable (mount -o remount,rw \(memory.sharedFolder)), or export "
                        + "PARP_SHARED_FOLDER=FOLDER on another in-memory file system")
            ]
        }
        guard memory.sharedTotal > 0 else { return [] }
        let model = needs.gradientBytes > 0 ? "the model" : "wav2vec 2.0 base, for example,"
        let gradients = needs.gradientBytes > 0 ? needs.gradientBytes : Self.baseGradientBytes
        // Shared windows are refused if they would leave less than 16 MB.
        let wanted = gradients * members.count + (16 << 20)
        guard memory.sharedFree < wanted else { return [] }
        let gigabytes = wanted / 1_000_000_000 + 1
        return [
            Finding(
                needs.gradientBytes > 0 ? .warning : .note, .machine, ranks: members,
                what: "\(memory.sharedFolder) has \(bytesText(memory.sharedFree)) free of "
                    + "\(bytesText(memory.sharedTotal)); the gradients of \(model) on \(members.count) ranks take "
                    + bytesText(wanted),
                why: why,
                fix:
                    "docker --shm-size=\(gigabytes)g; Kubernetes: an emptyDir with medium: Memory on /dev/shm; "
                    + "mount -o remount,size=\(gigabytes)g /dev/shm")
        ]
    }

    private var hugePageFindings: [Finding] {
        let without = those { !$0.memory.hasHugePages }
        guard !without.isEmpty else { return [] }
        return [
            Finding(
                .note, .machine, ranks: without, what: "transparent huge pages are off",
                why: "first touches and passes over gigabytes take longer",
                fix: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, as the administrator")
        ]
    }

    /// Limits of the process that are too low.
    var limitFindings: [Finding] {
        var findings: [Finding] = []
        func add(_ level: Finding.Level, _ ranks: [Int], _ what: String, why: String, fix: String) {
            guard !ranks.isEmpty else { return }
            findings.append(Finding(level, .machine, ranks: ranks, what: what, why: why, fix: fix))
        }
        let fewFiles = 1024
        add(
            .warning, those { ($0.limits.openFiles ?? .max) < fewFiles },
            "fewer than \(fewFiles) files may be open",
            why: "MPI opens a socket for each rank it talks to", fix: "ulimit -n 4096")
        add(
            .error, those { ($0.limits.addressSpace ?? .max) < addressSpaceNeeded($0) },
            "the address space is limited to less than the machine's memory",
            why: "activations reserve as much address space as there is memory, used or not",
            fix: "ulimit -v unlimited; in Slurm: VSizeFactor=0")
        let lockable = 64 << 20
        add(
            .warning, those { $0.hasFabric && ($0.limits.lockedBytes ?? .max) < lockable },
            "less than \(bytesText(lockable)) may be locked, and there is an InfiniBand or Omni-Path adapter",
            why: "it needs locked memory; MPI falls back to TCP or fails",
            fix: "ulimit -l unlimited; for Slurm's daemons: LimitMEMLOCK=infinity")
        return findings
    }

    private func addressSpaceNeeded(_ facts: RankFacts) -> Int {
        facts.memory.total + 4 * needs.gradientBytes
    }
}
