internal import JSON
internal import Program
internal import Session
internal import Tasks

extension Diagnosis {
    /// What would make the run fail.
    var errors: [Finding] { findings.filter { $0.level == .error } }

    /// How the command ends: by the first error.
    var exitCode: UInt64 { UInt64(errors.first?.topic.exitCode.rawValue ?? 0) }

    /// The findings as an object.
    var json: JSONValue {
        .object([
            .init("parp", .string(parpVersion)), .init("ranks", .integer(ranks.count)),
            .init("hosts", .integer(nodes.count)), .init("errors", .integer(errors.count)),
            .init("findings", .array(findings.map(\.json))),
        ])
    }

    /// The findings as a table: level, ranks and what, with why and the fix below.
    var text: String {
        let findings = self.findings
        let counts = Finding.Level.allCases.map { level in
            let count = findings.count { $0.level == level }
            return count == 1 ? "1 \(level.rawValue)" : "\(count) \(level.rawValue)s"
        }
        let (rankCount, hostCount) = (ranks.count, nodes.count)
        var lines = [
            "parp \(parpVersion), \(rankCount) rank\(rankCount == 1 ? "" : "s") on \(hostCount) "
                + "host\(hostCount == 1 ? "" : "s"): " + counts.joined(separator: ", ")
        ]
        let width = findings.map { rankList($0.ranks).count }.max() ?? 0
        for finding in findings {
            let level = finding.level.rawValue.padded(to: 7)
            let place = ("rank " + rankList(finding.ranks)).padded(to: width + 5)
            let indentation = String(repeating: " ", count: 7 + 2 + width + 5 + 2)
            lines.append("\(level)  \(place)  \(finding.what)")
            lines.append("\(indentation)why: \(finding.why)")
            lines.append("\(indentation)fix: \(finding.fix)")
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
