internal import Foundation
internal import JSON

extension RunReport {
    /// What went wrong, and where the ranks' time went; empty parts are omitted.
    var reliability: [String] { faultList + ranks }

    private var faultList: [String] {
        let faults = history.faults
        guard !faults.isEmpty else { return [] }
        let items = faults.map { event in
            "<li>update \(event["step"]?.integer ?? 0): \(escapedHTML(event["what"]?.string ?? ""))</li>"
        }
        let count =
            history.faultCount > faults.count ? ", the last \(faults.count) of \(history.faultCount)" : ""
        return ["<h2>Faults\(count)</h2>", "<ul>\n\(items.joined(separator: "\n"))\n</ul>"]
    }

    /// The last sums of the ranks, most waited-for first.
    private var ranks: [String] {
        guard let event = history.rankSums, let entries = event["ranks"]?.elements, entries.count > 1 else {
            return []
        }
        let ordered = entries.sorted { ($0["slowest"]?.integer ?? 0) > ($1["slowest"]?.integer ?? 0) }
        let table = TextTable(
            [
                .right("rank"), .left("host"), .right(history.outline.workload.name), .right("wait for data"),
                .right("compute"), .right("wait for others"), .right("updates it was the slowest of"),
            ],
            rows: ordered.prefix(RunHistory.longest).map { entry in
                func seconds(_ field: String) -> String {
                    String(format: "%.1f s", entry[field]?.double ?? 0)
                }
                return [
                    "\(entry["rank"]?.integer ?? 0)", entry["host"]?.string ?? "",
                    String(format: "%.1f", entry[history.outline.workload.field]?.double ?? 0),
                    seconds("data_seconds"), seconds("compute_seconds"), seconds("wait_seconds"),
                    "\(entry["slowest"]?.integer ?? 0)",
                ]
            })
        return ["<h2>Ranks, \(event["updates"]?.integer ?? 0) updates</h2>", table.html]
    }
}
