internal import Foundation
internal import Pruning

/// Transfers of one method at one sparsity.
struct TransferGroup {
    /// Its title in tables.
    let title: String
    /// The file name of its plot.
    let fileName: String
    /// The languages, of rows and columns.
    let names: [String]
    /// The metric: a row for each source, a column for each target.
    let spreads: [[Spread?]]
}

extension ComparisonReport {
    /// All transfers.
    var transferGroups: [TransferGroup] {
        let rows = table.rows.filter { $0.source != nil }
        let names = comparison.data.map(\.name).filter { name in
            rows.contains { $0.data == name || $0.source == name }
        }
        return ComparedMethod.allCases.flatMap { method in
            Set(rows.filter { $0.method == method }.map(\.sparsity)).sorted().map { sparsity in
                let held = method == .oneShot ? "held" : "adjusted by \(method.rawValue)"
                return TransferGroup(
                    title: String(format: "OMP masks of other corpora, %@, at %g %%", held, 100 * sparsity),
                    fileName: "transfer-\(method.rawValue)-\(sparsity)", names: names,
                    spreads: names.map { source in
                        names.map { target in
                            table.transfer(method, sparsity, from: source, to: target)?.spread {
                                $0.value(of: metric)
                            }
                        }
                    })
            }
        }
    }
}
