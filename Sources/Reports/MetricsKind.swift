package import JSON

/// What a line of `metrics.jsonl` is about.
package enum MetricsKind: String, Sendable {
    case train
    case eval
    case prune
    case checkpoint
    /// Something that went wrong, and what was made of it.
    case fault
    /// Where the ranks' time went.
    case ranks
    /// The run went on from a checkpoint.
    case resume

    /// The kind of an event; nil if it has none that is known.
    package init?(of event: JSONValue) { self.init(rawValue: event["kind"]?.string ?? "") }
}
