package import Batching
package import Models
package import Speech
package import Tensors
internal import Training

/// Utterances ready to be loaded: audio on disk, targets encoded.
package struct SpeechDataset: Sendable {
    /// The utterances, with the seconds of their audio that are used.
    package let utterances: [Utterance]
    /// The actual seconds of each one's audio.
    package let heldSeconds: [Double]
    /// The reference texts, in the recipe's case.
    package let references: [String]
    /// The token ids of each utterance's transcript.
    package let targets: [[Int]]
    /// A hash of each utterance's samples, which names its cached features.
    package let audioHashes: [UInt64]
    /// The model's sample rate in Hz.
    package let sampleRate: Int
    /// Whether each waveform is normalised to zero mean and unit variance.
    package let normalizesWaveform: Bool
    /// The utterances as batches are planned: by seconds of audio, with languages as groups.
    package private(set) var items: [BatchItem]
    /// The cache of a frozen feature encoder's output, if any.
    package var cache: FeatureCache?

    /// Utterances with the findings about each.
    package init(
        utterances: [Utterance], heldSeconds: [Double], references: [String], targets: [[Int]],
        audioHashes: [UInt64], sampleRate: Int, normalizesWaveform: Bool
    ) {
        self.utterances = utterances
        self.heldSeconds = heldSeconds
        self.references = references
        self.targets = targets
        self.audioHashes = audioHashes
        self.sampleRate = sampleRate
        self.normalizesWaveform = normalizesWaveform
        items = utterances.map { BatchItem(id: $0.id, cost: $0.durationSeconds, group: $0.language) }
    }

    /// The same utterances, weighted by the work of an update: products over all frames, and of frames with
    /// frames in attention.
    ///
    /// Independent of whether features are cached, so that caching does not change a run.
    func weighed(by configuration: Wav2Vec2Configuration, training trained: TrainableParameters) -> Self {
        var weighed = self
        for index in items.indices {
            weighed.items[index].work = configuration.operations(samples: sampleCount(index))
                .inPass(training: trained, hasFeatures: trained != .everything)
        }
        return weighed
    }

    /// Seconds of audio of all utterances.
    package var totalSeconds: Double { utterances.reduce(0) { $0 + $1.durationSeconds } }

    /// Reads the cached features of some utterances, or else their audio, resampled and normalised.
    package func load(_ items: [Int]) throws -> SpeechMicroBatch {
        try load(items) { item in
            if let features = try cache?.load(item) { return features }
            return .samples(try samples(item))
        }
    }

    /// Some utterances, each as `audio` reads it.
    func load(_ items: [Int], audio: (Int) throws -> LoadedAudio) rethrows -> SpeechMicroBatch {
        SpeechMicroBatch(
            items: items, audio: try items.map(audio), targets: items.map { targets[$0] },
            identities: items.map { utterances[$0].identity },
            audioSeconds: items.reduce(0) { $0 + utterances[$1].durationSeconds })
    }

    /// Reads, resamples and normalises the audio of an utterance.
    package func samples(_ item: Int) throws -> [Float] {
        try samples(item, segment: utterances[item].segment)
    }

    private func samples(_ item: Int, segment: Range<Double>?) throws -> [Float] {
        var samples = try readAudio(
            path: utterances[item].audioPath, sampleRate: sampleRate, segment: segment,
            channels: utterances[item].channels
        ).samples
        if normalizesWaveform { normalizeWaveform(&samples) }
        return samples
    }
}

extension SpeechDataset {
    /// Reads the audio of some utterances, cropping those longer than what is used.
    ///
    /// The start of a crop is a function of seed, step and utterance.
    func loadPieces(_ items: [Int], seed: UInt64, step: Int) throws -> SpeechMicroBatch {
        try load(items) { .samples(try samples($0, segment: piece($0, seed: seed, step: step))) }
    }

    /// The range in seconds used of an utterance at a step; nil for all of it.
    package func piece(_ item: Int, seed: UInt64, step: Int) -> Range<Double>? {
        let utterance = utterances[item]
        let spareSamples = Int((heldSeconds[item] - utterance.durationSeconds) * Double(sampleRate))
        guard spareSamples > 0 else { return utterance.segment }
        let random = CountedRandom(seed: seed, stream: .audioPiece, step: step, item: utterance.identity)
        let skipped = Int(random.uniform(at: 0) * Double(spareSamples + 1))
        let start = (utterance.segment?.lowerBound ?? 0) + Double(skipped) / Double(sampleRate)
        return start..<start + utterance.durationSeconds
    }
}

/// One utterance in memory.
package enum LoadedAudio: Sendable {
    /// Its waveform.
    case samples([Float])
    /// Its features, row by row, and the channels of a row.
    case features([Float], channels: Int)

    /// The rows that the model takes: samples, or frames.
    package var rows: Int {
        switch self {
        case .samples(let samples): samples.count
        case .features(let features, let channels): features.count / channels
        }
    }

    /// The channels of features; nil for samples.
    var channels: Int? {
        if case .features(_, let channels) = self { channels } else { nil }
    }

    /// Its numbers, row by row.
    var numbers: [Float] {
        switch self {
        case .samples(let samples): samples
        case .features(let features, _): features
        }
    }
}

extension LoadedAudio {
    /// The same with a NaN as its first number.
    fileprivate var spoiled: LoadedAudio {
        switch self {
        case .samples(let samples): .samples([.nan] + samples.dropFirst())
        case .features(let features, let channels):
            .features([.nan] + features.dropFirst(), channels: channels)
        }
    }
}

/// A few utterances in memory: audio or features, targets and identities.
package struct SpeechMicroBatch: Sendable {
    /// The utterances' places in the dataset.
    package let items: [Int]
    /// The audio or features of each utterance.
    package let audio: [LoadedAudio]
    /// Token ids, one array per utterance.
    package let targets: [[Int]]
    /// Each utterance's identity for counted random numbers.
    package let identities: [UInt64]
    /// Seconds of audio.
    package let audioSeconds: Double

    /// The same with a NaN in the first utterance.
    package var spoiled: SpeechMicroBatch {
        SpeechMicroBatch(
            items: items, audio: audio.prefix(1).map(\.spoiled) + audio.dropFirst(), targets: targets,
            identities: identities, audioSeconds: audioSeconds)
    }

    /// The utterances as the model's input, copied into the arena; if all have features, these once and packed.
    package func batch(in arena: inout Arena) -> SpeechBatch {
        let channels = audio.first?.channels ?? 1
        guard audio.allSatisfy({ $0.channels == channels }) else {
            return SpeechBatch(audio.map { source($0, in: &arena) })
        }
        let packing = PackedRows(lengths: audio.map(\.rows))
        let features = arena.tensor(rows: packing.totalRows, columns: channels)
        for (utterance, audio) in audio.enumerated() {
            features.rows(packing[utterance]).copy(from: audio.numbers)
        }
        return SpeechBatch(features: features, packing: packing)
    }

    private func source(_ audio: LoadedAudio, in arena: inout Arena) -> SpeechBatch.Source {
        let tensor = arena.tensor(rows: audio.rows, columns: audio.channels ?? 1)
        tensor.copy(from: audio.numbers)
        return audio.channels == nil ? .waveform(tensor) : .features(tensor)
    }
}
