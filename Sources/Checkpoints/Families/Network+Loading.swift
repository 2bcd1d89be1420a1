internal import Models
internal import Tensors

extension Network {
    /// Refuses weights that lack required parameters, or have tensors unknown to this network.
    ///
    /// A head for another task, such as a classifier, is unknown here too, but the encoder beside it is
    /// complete: the head is skipped, with a warning.
    ///
    /// - Returns: The tensors of such a head.
    @discardableResult
    package func requireComplete(_ report: LoadReport, of weights: any TensorSource) throws -> [String] {
        let head = Set(headSlots.map(\.name))
        let mayBeMissing = head.union(optionalSlots.map(\.name))
        let missing = report.missing.filter { !mayBeMissing.contains($0.name) }
        guard missing.isEmpty else {
            let names = missing.prefix(5).map(\.name).joined(separator: ", ")
            throw CheckpointError(
                weights.path,
                "lacks \(missing.count) of the configuration's parameters (\(names)…): "
                    + "configuration and weights do not match")
        }
        // If the encoder's tensors have its name as prefix, others are not part of it.
        let first = layout.slots.first { !head.contains($0.name) }?.name ?? ""
        let prefix = String(first[..<(first.firstIndex(of: ".") ?? first.endIndex)]) + "."
        let foreign = report.foreignHead(beside: prefix, of: weights)
        let unexpected = report.unexpected.filter { !head.contains($0) && !foreign.contains($0) }
        guard unexpected.isEmpty else {
            let names = unexpected.prefix(5).joined(separator: ", ")
            throw CheckpointError(
                weights.path,
                "has \(unexpected.count) tensors unknown to the configuration (\(names)…)")
        }
        warn(ofForeignHead: foreign, of: weights)
        return foreign
    }
}

extension LoadReport {
    /// The tensors of a head for another task: those without the encoder's prefix.
    package func foreignHead(beside prefix: String, of weights: any TensorSource) -> [String] {
        guard weights.names.contains(where: { $0.hasPrefix(prefix) }) else { return [] }
        return unexpected.filter { !$0.hasPrefix(prefix) && !$0.hasPrefix("lm_head.") }
    }
}

/// Warns of a head that is left out, if there is one.
package func warn(ofForeignHead names: [String], of weights: any TensorSource) {
    guard !names.isEmpty else { return }
    let first = names.prefix(5).joined(separator: ", ")
    warn(
        "\(weights.path): has a head for another task (\(first)), which is left out; only its encoder is used"
    )
}
