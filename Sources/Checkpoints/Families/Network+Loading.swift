internal import Models
internal import Tensors

extension Network {
    /// Refuses weights that lack what only they could give, or have what this network has no place for.
    ///
    /// A head for another task, such as a classifier, has no place here, either, but beside it the encoder is whole: it
    /// is passed over, with a warning.
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
                    + "configuration and weights do not belong together")
        }
        // Where the encoder's tensors have its name before theirs, what has not is no part of it.
        let first = layout.slots.first { !head.contains($0.name) }?.name ?? ""
        let prefix = String(first[..<(first.firstIndex(of: ".") ?? first.endIndex)]) + "."
        let isPrefixed = weights.names.contains { $0.hasPrefix(prefix) }
        let foreign = report.unexpected.filter {
            isPrefixed && !$0.hasPrefix(prefix) && !$0.hasPrefix("lm_head.")
        }
        let unexpected = report.unexpected.filter { !head.contains($0) && !foreign.contains($0) }
        guard unexpected.isEmpty else {
            let names = unexpected.prefix(5).joined(separator: ", ")
            throw CheckpointError(
                weights.path,
                "has \(unexpected.count) tensors that the configuration knows nothing of (\(names)…)")
        }
        if !foreign.isEmpty {
            let names = foreign.prefix(5).joined(separator: ", ")
            warn(
                "\(weights.path): has a head for another task (\(names)), which is left out; its encoder is taken"
            )
        }
        return foreign
    }
}
