internal import Foundation
internal import JSON
internal import MaskFiles
internal import Reports
internal import Session
internal import Tensors
internal import Training

extension MaskStatistics {
    /// A table of percentages.
    func text(of stored: StoredMask) -> String {
        func row(_ name: String, _ layer: Layer) -> [String] {
            [name]
                + (kinds.map { layer.kinds[$0] } + [layer.all]).map { count in
                    count.map { String(format: "%.2f", 100 * $0.sparsity) } ?? "-"
                }
        }
        let facts = stored.facts.sorted { $0.key < $1.key }.map { "  \($0.key) = \($0.value)" }
        let table = TextTable(
            [.right("layer")] + kinds.map { .right($0.rawValue) } + [.right("all")],
            rows: layers.map { row($0.number.map(String.init) ?? "none", $0) } + [row("all", whole)])
        return
            (["\(stored.path): \(sparsityText(stored.mask))"] + facts + ["", "Pruned, in per cent:"]
            + table.lines).joined(separator: "\n")
    }
}

/// Prints the sparsity of each Transformer block and each kind of projection.
func runMaskStats(_ options: MaskStats, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let stored = try StoredMask.load(options.source, includesBiases: options.biases?.includesBiases)
        let statistics = MaskStatistics(stored.mask, pool: stored.pool)
        print(options.json.isAsked ? statistics.json(of: stored).line : statistics.text(of: stored))
    }
}
