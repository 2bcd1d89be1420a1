internal import JSON
internal import Program
internal import Reports
internal import Session
internal import Tasks
internal import Training

extension Diagnosis {
    /// What would make the run fail.
    var errors: [Finding] { findings.filter { $0.level == .error } }

    /// The command's exit code, from the first error.
    var exitCode: UInt64 { UInt64(errors.first?.topic.exitCode.rawValue ?? 0) }

    /// The findings as an object.
    var json: JSONValue {
        .object([
            .init("parp", .string(parpVersion)), .init("ranks", .integer(ranks.count)),
            .init("hosts", .integer(nodes.count)), .init("errors", .integer(errors.count)),
            .init("mpi", .string(ranks[0].program.library)),
            .init("findings", .array(findings.map(\.json))),
        ])
    }

    /// Which MPI there is, and how its launcher gives each rank cores of its own.
    private var libraryText: String {
        let perNode = (ranks.count + nodes.count - 1) / max(1, nodes.count)
        let launch = library.launch(
            ranks: ranks.count, perNode: perNode, threads: ranks[0].placement.threads)
        return "MPI: \(MPILibrary.name(ranks[0].program.library))"
            + (launch.map { "; with cores of its own for each rank: \($0) parp …" } ?? "")
    }

    /// The findings as a table: level, ranks and finding, with reason and fix below.
    var text: String {
        let findings = self.findings
        let counts = Finding.Level.allCases.map { level in
            let count = findings.count { $0.level == level }
            return count == 1 ? "1 \(level.rawValue)" : "\(count) \(level.rawValue)s"
        }
        let (rankCount, hostCount) = (ranks.count, nodes.count)
        let lines = [
            "parp \(parpVersion), \(rankCount) rank\(rankCount == 1 ? "" : "s") on \(hostCount) "
                + "host\(hostCount == 1 ? "" : "s"): " + counts.joined(separator: ", "), libraryText,
        ]
        let table = TextTable(
            [.left("", minimumWidth: 7), .left(""), .left("")],
            rows: findings.flatMap { finding in
                [
                    [finding.level.rawValue, "rank " + numberRanges(finding.ranks), finding.what],
                    ["", "", "why: \(finding.why)"], ["", "", "fix: \(finding.fix)"],
                ]
            })
        return (lines + table.lines).joined(separator: "\n")
    }
}
