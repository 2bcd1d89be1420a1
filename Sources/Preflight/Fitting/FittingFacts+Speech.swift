internal import Checkpoints
internal import Foundation
internal import Kernels
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Speech
internal import Tasks
internal import Tensors
internal import Text

extension FittingFacts.Corpus {
    /// Collects facts about two corpora of recordings, reading only their headers.
    init(
        train: String, valid: String, labels: Manifest.Labels, tokens: Vocabulary?
    ) throws {
        let training = try Manifest(path: train, labels: labels).utterances
        let validation = try Manifest(path: valid, labels: labels, measuresDurations: false).utterances
        guard !training.isEmpty else { throw UserError(.data, "\(train) holds no utterances") }
        self.init(
            train: train, valid: valid, items: training.count,
            seconds: training.reduce(0) { $0 + $1.durationSeconds },
            longestSeconds: training.reduce(0) { max($0, $1.durationSeconds) }, validItems: validation.count)
        isSpelledInPhones = labels == .phones
        if labels == .letters { remedy = Self.remedy((training + validation).map(\.text), tokens) }
    }

    /// How transcripts must be prepared for a model's own tokens, or should be if tokens are made from them.
    private static func remedy(_ texts: [String], _ tokens: Vocabulary?) -> [(key: String, value: String)] {
        if let tokens {
            let found = TextPreparation().remedies(for: texts, vocabulary: tokens)
            return found.first { remedy in remedy.settings.allSatisfy { !$0.value.isEmpty } }?.settings ?? []
        }
        var remedy: [(key: String, value: String)] = []
        let scalars = texts.lazy.flatMap(\.unicodeScalars)
        if scalars.contains(where: \.properties.isLowercase),
            scalars.contains(where: \.properties.isUppercase)
        {
            remedy.append((key: "text_case", value: "lower"))
        }
        var bare = TextPreparation()
        bare.punctuation = .drop
        let plain = TextPreparation()
        if texts.contains(where: { Text.words(plain.apply($0)) != Text.words(bare.apply($0)) }) {
            remedy.append((key: "punctuation", value: "drop"))
        }
        return remedy
    }
}

extension FittingFacts.Model {
    /// Collects facts about a stored model, reading weights only if needed for a mask's threshold.
    init(_ path: String, sparsity: Double, includesBiases: Bool) throws {
        let model = try LoadedModel(try StoredModel.open(path))
        let pool = PrunablePool(model.layout, includesBiases: includesBiases)
        let selection = try magnitudeMask(values: model.store.values.all, pool: pool, sparsity: sparsity)
        self.init(
            path: path, weights: model.layout.parameterCount,
            threshold: selection.threshold.isFinite && selection.threshold > 0 ? selection.threshold : nil)
    }

    /// Facts of a preset's shape, without weights.
    init(shape: ModelPreset, path: String) {
        self.init(path: path, weights: Wav2Vec2(shape.configuration).layout.parameterCount)
    }
}

extension FittingFacts.Machine {
    /// Collects facts about this machine: by default one rank per core.
    init(ranks: Int?, ranksPerNode: Int?, rows: Int, hiddenSize: Int, intermediateSize: Int) {
        let ranks = ranks ?? physicalCores()
        setMathThreads(1)
        var speeds: [GEMMPrecision: Double] = [:]
        for precision in [GEMMPrecision.float32, .bfloat16] where unavailability(of: precision) == nil {
            speeds[precision] =
                LargestProduct(
                    rows: rows, hiddenSize: hiddenSize, intermediateSize: intermediateSize, precision
                )
                .measure()
        }
        self.init(
            ranks: ranks, ranksPerNode: min(ranks, ranksPerNode ?? physicalCores()),
            memoryBytes: physicalMemoryBytes(), speeds: speeds)
    }
}

/// The number of cores that this process may use, counting hyper-threads of one core once.
private func physicalCores() -> Int {
    let allowed = max(1, ProcessInfo.processInfo.activeProcessorCount)
    let fields = systemTable("/proc/cpuinfo").components(separatedBy: "\n\n").compactMap { table in
        tableValue("core id", in: table).map { (tableValue("physical id", in: table) ?? "") + "/" + $0 }
    }
    let cores = Set(fields).count
    return cores > 0 ? min(allowed, cores) : allowed
}
