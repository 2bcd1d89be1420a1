internal import Models
internal import Tensors

extension Network {
    /// Refuses weights that lack what only they could give, or have what this network has no place for.
    package func requireComplete(_ report: LoadReport, of weights: any TensorSource) throws {
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
        let unexpected = report.unexpected.filter { !head.contains($0) }
        guard unexpected.isEmpty else {
            let names = unexpected.prefix(5).joined(separator: ", ")
            throw CheckpointError(
                weights.path,
                "has \(unexpected.count) tensors that the configuration knows nothing of (\(names)…)")
        }
    }
}
