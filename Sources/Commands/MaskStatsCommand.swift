internal import JSON
internal import MaskFiles
internal import Session
internal import Training

/// What `parp mask stats` was asked for.
struct MaskStatsOptions: Sendable {
    /// The mask, of any kind that can be read, or a model directory.
    var source: String
    /// Whether a model directory's biases are counted; nil counts those of speech.
    var includesBiases: Bool?
    /// Whether to print one JSON object instead of a table.
    var json: Bool

    /// What to count, and how to say it.
    init(source: String, includesBiases: Bool? = nil, json: Bool = false) {
        self.source = source
        self.includesBiases = includesBiases
        self.json = json
    }
}

/// Prints the sparsity of each Transformer block and each kind of projection.
func runMaskStats(_ options: MaskStatsOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let stored = try StoredMask.load(options.source, includesBiases: options.includesBiases)
        let statistics = MaskStatistics(stored.mask, pool: stored.pool)
        print(options.json ? statistics.json(of: stored).line : statistics.text(of: stored))
    }
}
