internal import Session
internal import Tasks

extension Diagnosis {
    /// Programs, CPUs and settings that differ between ranks.
    var agreementFindings: [Finding] {
        programFindings + featureFindings + settingFindings
    }

    private var programFindings: [Finding] {
        var findings: [Finding] = []
        let fix = "install one build on all nodes, or run it from a shared folder"
        if let odd = odd(among: leaders, \.program.hash) {
            findings.append(
                Finding(
                    .error, .data, ranks: odd.ranks,
                    what: "a different program file: \(odd.value), the others' is \(odd.usual)",
                    why:
                        "replicas that compute differently drift apart, or stop at a message they do not know",
                    fix: fix))
        }
        if let odd = odd(among: Array(ranks.indices), \.program.version) {
            findings.append(
                Finding(
                    .error, .data, ranks: odd.ranks, what: "parp \(odd.value), the others have \(odd.usual)",
                    why: "different versions may not understand each other", fix: fix))
        }
        if let odd = odd(among: Array(ranks.indices), \.program.library) {
            findings.append(
                Finding(
                    .error, .data, ranks: odd.ranks,
                    what: "a different MPI library: \(odd.value), the others have \(odd.usual)",
                    why: "two MPI libraries may not understand each other's messages",
                    fix: "load the same MPI module on all nodes (LD_LIBRARY_PATH, module load)"))
        }
        return findings
    }

    private var featureFindings: [Finding] {
        guard let odd = odd(among: Array(ranks.indices), \.processor.features) else { return [] }
        let difference = Set(odd.value).symmetricDifference(odd.usual).sorted().joined(separator: ", ")
        return [
            Finding(
                .warning, .machine, ranks: odd.ranks,
                what:
                    "different CPUs (\(ranks[odd.ranks[0]].processor.model)): they differ in \(difference)",
                why:
                    "kernels chosen for another CPU round differently: replicas may drift apart, and the slowest "
                    + "sets the pace",
                fix: "request nodes of one kind (srun --constraint=…), or set ONEDNN_MAX_CPU_ISA=AVX2 for all"
            )
        ]
    }

    private var settingFindings: [Finding] {
        let names = Set(ranks.flatMap(\.settings.keys)).sorted()
        return names.compactMap { name in
            guard let odd = odd(among: Array(ranks.indices), { $0.settings[name] }) else { return nil }
            func text(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "not set" }
            return Finding(
                .warning, .launch, ranks: odd.ranks,
                what: "\(name) is \(text(odd.value)), elsewhere \(text(odd.usual))",
                why:
                    "it changes how numbers, texts or messages are handled, and should be the same on all ranks",
                fix:
                    "mpirun -x \(name), or srun --export=ALL; look for shell startup files that set it on some nodes"
            )
        }
    }

    /// Files of the run that nodes lack, or see with different content.
    var fileFindings: [Finding] {
        let paths = leaders.first.map { ranks[$0].files.map(\.path) } ?? []
        return paths.indices.compactMap { index in
            func file(_ facts: RankFacts) -> RankFacts.File? {
                index < facts.files.count ? facts.files[index] : nil
            }
            let missing = leaders.filter { file(ranks[$0])?.size == nil }
            if !missing.isEmpty {
                return Finding(
                    .error, .data, ranks: missing, what: "\(paths[index]) cannot be read",
                    why: "every node reads recipe, manifests and model", fix: fileFix)
            }
            if let odd = odd(among: leaders, { file($0)?.hash }) {
                let (other, usual) = (file(ranks[odd.ranks[0]]), file(ranks[usualRank(besides: odd.ranks)]))
                return Finding(
                    .error, .data, ranks: odd.ranks,
                    what: "\(paths[index]) differs: \(text(other)), elsewhere \(text(usual))",
                    why: "ranks would train on different data, or another model", fix: fileFix)
            }
            guard let odd = odd(among: leaders, { file($0)?.modified }) else { return nil }
            return Finding(
                .note, .data, ranks: odd.ranks,
                what: "\(paths[index]) has another modification time, but the same content",
                why: "the nodes have separate copies, which can diverge",
                fix: "nothing, or share one copy")
        }
    }

    private var fileFix: String {
        "put it on a file system that all nodes share, or copy it again"
    }

    private func usualRank(besides odd: [Int]) -> Int { leaders.first { !odd.contains($0) } ?? 0 }

    private func text(_ file: RankFacts.File?) -> String {
        "\(file?.size ?? 0) bytes, hash \(file?.hash ?? "")"
    }

    /// Clocks that differ.
    var clockFindings: [Finding] {
        let clocks = leaders.map { ranks[$0].clock }
        guard let first = clocks.first, let low = clocks.min(), let high = clocks.max(), high - low > 1 else {
            return []
        }
        let apart = leaders.filter { abs(ranks[$0].clock - first) > 1 }
        return [
            Finding(
                .note, .machine, ranks: apart,
                what: "clocks are \(((high - low) * 10).rounded() / 10) s apart",
                why: "times in logs and of files cannot be compared between nodes",
                fix: "ask the administrator for NTP (timedatectl status)")
        ]
    }
}
