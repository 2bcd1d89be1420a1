internal import Foundation
internal import Program
internal import Recipe

/// The results of another comparison of the same seeds and examples, such as one with the encoder frozen.
struct NeighbourTable: Sendable {
    /// What its methods' names begin with in tables: `NAME/omp`.
    let name: String
    private(set) var table: ComparisonTable

    /// With resamples of a metric in each row.
    func resampled(by metric: MetricSpec) -> NeighbourTable {
        var copy = self
        copy.table.resample(by: metric)
        return copy
    }
}

extension Comparison {
    /// The comparisons named by `--beside`, which have the same methods, sparsities, seeds and data as far as they were run.
    func neighbours() throws -> [NeighbourTable] {
        let folders = try options.beside.map { text in
            guard let named = NamedFolder(text) else {
                throw UserError(.usage, "--beside is \(text); write NAME=FOLDER, the folder of a comparison")
            }
            return named
        }
        guard Set(folders.map(\.name)).count == folders.count else {
            throw UserError(.usage, "two --beside have the same name; each names the methods of one")
        }
        return try folders.map { named in
            guard FileManager.default.fileExists(atPath: named.folder + "/runs") else {
                throw UserError(
                    .usage, "\(named.folder): there is no comparison; --beside names the --output of one")
            }
            var other = options
            other.output = named.folder
            let table = try ComparisonTable(Comparison(other))
            guard !table.rows.isEmpty else {
                throw UserError(
                    .usage,
                    "\(named.folder): has no finished run of these methods, sparsities and seeds that was evaluated on "
                        + "this data; give it the same --seeds, --sparsities and --test")
            }
            return NeighbourTable(name: named.name, table: table)
        }
    }
}
