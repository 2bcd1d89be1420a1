internal import ArgumentParser

/// Comma-separated values.
struct CommaList<Value: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable {
    /// The values, in order.
    let values: [Value]

    /// A list.
    init(_ values: [Value]) { self.values = values }

    /// Parses a list; nil if it is empty or one of its values is invalid.
    init?(argument: String) {
        let parts = argument.split(separator: ",").map(String.init)
        values = parts.compactMap { Value($0) }
        guard !values.isEmpty, values.count == parts.count else { return nil }
    }

    /// The list as written on the command line.
    var defaultValueDescription: String { values.map(\.description).joined(separator: ",") }
}
