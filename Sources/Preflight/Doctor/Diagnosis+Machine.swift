internal import Kernels
internal import Session
internal import Tasks

extension Diagnosis {
    /// Reading a neighbour's memory, which Open MPI uses for long messages inside a node.
    var singleCopyFindings: [Finding] {
        guard usesOpenMPI else { return [] }
        let blocked = those { $0.singleCopyError != 0 && !$0.avoidsSingleCopy }
        guard let first = blocked.first else { return [] }
        // If Yama forbids it, Open MPI notices, and copies twice.
        let isForeseen = (ranks[first].ptraceScope ?? 0) > 0
        return [
            Finding(
                isForeseen ? .note : .error, .machine, ranks: blocked,
                what: "ranks may not read each other's memory (error \(ranks[first].singleCopyError)"
                    + (ranks[first].ptraceScope.map { ", ptrace_scope \($0))" } ?? ")"),
                why: isForeseen
                    ? "Open MPI copies each long message inside the node twice"
                    : "long messages inside the node fail with \"Read -1, expected …\"",
                fix: "export OMPI_MCA_btl_vader_single_copy_mechanism=none (Open MPI 5: OMPI_MCA_smsc=^cma), "
                    + "or docker --cap-add=SYS_PTRACE")
        ]
    }

    /// Several hosts with interfaces that do not all reach the others.
    var networkFindings: [Finding] {
        guard nodes.count > 1, usesOpenMPI, !ranks.contains(where: \.choosesNetwork) else { return [] }
        let misleading = leaders.filter { ranks[$0].interfaces.contains(where: \.isVirtual) }
        let choice = fastestSharedInterface
        let fix =
            choice.map {
                "export OMPI_MCA_btl_tcp_if_include=\($0) OMPI_MCA_oob_tcp_if_include=\($0)"
            }
            ?? "export OMPI_MCA_btl_tcp_if_include=NETWORK, such as 10.0.0.0/16, and oob_tcp_if_include likewise"
        if let first = misleading.first {
            let names = ranks[first].interfaces.filter(\.isVirtual).map(\.name).joined(separator: ", ")
            return [
                Finding(
                    .warning, .machine, ranks: misleading,
                    what: "\(nodes.count) hosts, and container interfaces are up (\(names))",
                    why: "Open MPI tries every interface, and waits forever on one without a route",
                    fix: fix)
            ]
        }
        let several = leaders.filter { ranks[$0].interfaces.count > 1 }
        guard !several.isEmpty else { return [] }
        return [
            Finding(
                .note, .machine, ranks: several,
                what: "\(nodes.count) hosts, and several network interfaces",
                why: "Open MPI spreads messages over all of them, slow ones included", fix: fix)
        ]
    }

    private var fastestSharedInterface: String? {
        let names = leaders.map { Set(ranks[$0].interfaces.filter { !$0.isVirtual }.map(\.name)) }
        guard let first = leaders.first else { return nil }
        let shared = names.dropFirst().reduce(names[0]) { $0.intersection($1) }
        return ranks[first].interfaces.filter { shared.contains($0.name) }
            .max { ($0.speed, $1.name) < ($1.speed, $0.name) }?.name
    }

    /// Folders that cannot be written, are too small, or are on the wrong machine.
    var storageFindings: [Finding] { cacheFindings + outputFindings }

    private var cacheFindings: [Finding] {
        let fix =
            "export PARP_CACHE_DIR=/local/disk, or set data.cache_directory; data.cache_features=false disables the cache"
        var findings: [Finding] = []
        func add(_ level: Finding.Level, _ ranks: [Int], _ what: (RankFacts.Folder) -> String, _ why: String)
        {
            guard let first = ranks.first, let cache = self.ranks[first].cache else { return }
            findings.append(Finding(level, .machine, ranks: ranks, what: what(cache), why: why, fix: fix))
        }
        func caches(_ isTrue: (RankFacts.Folder) -> Bool) -> [Int] {
            leaders.filter { ranks[$0].cache.map(isTrue) ?? false }
        }
        // A run that cannot cache features computes them in every epoch: it is slow, but does not fail.
        let level: Finding.Level = needs.featureBytes > 0 ? .warning : .note
        add(
            level, caches { !$0.isWritable }, { "the cache folder \($0.path) cannot be written" },
            "features of a frozen encoder are cached there; otherwise they are computed in every epoch")
        add(
            level, caches { $0.isWritable && $0.free < needs.featureBytes },
            {
                "the cache folder \($0.path) has \(bytesText($0.free)) free; the features take "
                    + bytesText(needs.featureBytes)
            }, "what does not fit is computed in every epoch")
        add(
            needs.featureBytes > 0 ? .warning : .note, caches { isNetworkFilesystem($0.filesystem) },
            { "the cache folder \($0.path) is on a network file system (\($0.filesystem))" },
            "all nodes read it in every epoch, over one network")
        return findings
    }

    private var outputFindings: [Finding] {
        guard let first = leaders.first, let output = ranks[first].output else { return [] }
        var findings: [Finding] = []
        if !output.isWritable {
            findings.append(
                Finding(
                    .error, .launch, ranks: [first], what: "rank 0 cannot write to \(output.path)",
                    why: "it writes metrics, checkpoints and models there", fix: "--output another folder"))
            return findings
        }
        if output.free < needs.outputBytes {
            findings.append(
                Finding(
                    .warning, .machine, ranks: [first],
                    what: "\(output.path) has \(bytesText(output.free)) free; checkpoints and models take "
                        + bytesText(needs.outputBytes),
                    why: "a checkpoint without space ends the run",
                    fix: "free some space, choose another --output, or lower checkpoint.keep"))
        }
        let blind = leaders.filter { ranks[$0].output?.seesToken == false }
        if !blind.isEmpty {
            findings.append(
                Finding(
                    .warning, .machine, ranks: blind,
                    what: "what rank 0 writes to \(output.path) is not visible here",
                    why: "a resumed job with rank 0 on another node finds no checkpoint",
                    fix: "--output on a shared file system"))
        }
        return findings
    }
}

extension RankFacts {
    /// Whether Open MPI was told not to read its neighbours' memory.
    fileprivate var avoidsSingleCopy: Bool {
        settings["OMPI_MCA_btl_vader_single_copy_mechanism"] == "none"
            || settings["OMPI_MCA_btl_sm_single_copy_mechanism"] == "none"
            || settings["OMPI_MCA_smsc"]?.hasPrefix("^") == true
    }

    /// Whether Open MPI was told which network to use, or uses another one than TCP.
    fileprivate var choosesNetwork: Bool {
        let chosen = ["OMPI_MCA_btl_tcp_if_include", "OMPI_MCA_btl_tcp_if_exclude", "UCX_NET_DEVICES"]
        return hasFabric || chosen.contains { settings[$0] != nil }
            || settings["OMPI_MCA_btl"].map { !$0.contains("tcp") } == true
    }
}
