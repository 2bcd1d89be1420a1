internal import Kernels
public import Tensors

/// A micro-batch that is to be trained on, as far as memory depends on it.
public struct PlannedPass: Sendable, Hashable {
    /// One utterance.
    public struct Utterance: Sendable, Hashable {
        /// Samples of its audio.
        public var samples: Int
        /// Labels of its target; none in pre-training.
        public var labels: Int
        /// Masked frames that a pre-training loss is taken of; none in fine-tuning.
        public var masked: Int

        /// An utterance.
        public init(samples: Int, labels: Int = 0, masked: Int = 0) {
            self.samples = samples
            self.labels = labels
            self.masked = masked
        }
    }

    /// The utterances.
    public var utterances: [Utterance]
    /// Whether a frozen feature encoder's output was kept, so that no audio is read.
    public var hasFeatures = false
    /// What products multiply.
    public var precision = GEMMPrecision.float32
    /// What is trained.
    public var trainable = TrainableParameters.exceptFeatureEncoder
    /// Whether backward computes the blocks once more.
    public var recomputing = false
    /// Whether dropouts need copies of gradients: after the projected features, and after each block's parts.
    public var regularization = Regularization()

    /// A pass over utterances, with the defaults of a recipe and no dropout.
    public init(_ utterances: [Utterance]) { self.utterances = utterances }
}

extension Wav2Vec2Configuration {
    /// The bytes that a pass takes of an arena: the batch itself, forward, CTC and backward.
    ///
    /// Exact where no layer is dropped; a dropped layer takes nothing.
    public func arenaBytes(_ pass: PlannedPass) -> Int {
        var plan = ArenaPlan()
        let memory = Wav2Vec2Memory(configuration: self, pass: pass)
        memory.batch(&plan)
        memory.forward(&plan)
        // Logits and their gradient.
        for _ in 0..<2 { plan.tensor(rows: memory.frames, columns: vocabularySize) }
        for (length, utterance) in zip(memory.lengths, pass.utterances) {
            plan.ctc(frames: length, vocabulary: vocabularySize, labels: utterance.labels)
        }
        guard pass.trainable != .headOnly else { return plan.peakBytes }
        memory.hidden(&plan)
        memory.backward(&plan)
        return plan.peakBytes
    }

    /// The bytes that making one utterance's features takes of an arena: samples, features and what lies between.
    public func featureArenaBytes(samples: Int, precision: GEMMPrecision) -> Int {
        var pass = PlannedPass([PlannedPass.Utterance(samples: samples)])
        pass.precision = precision
        var plan = ArenaPlan()
        let memory = Wav2Vec2Memory(configuration: self, pass: pass)
        memory.batch(&plan)
        plan.tensor(rows: memory.frames, columns: convolutionChannels[convolutionChannels.count - 1])
        memory.extractFeatures(samples, &plan)
        return plan.peakBytes
    }
}

/// The allocations of `Wav2Vec2Backbone`'s forward and backward pass, in their order; parts that keep nothing release what
/// they took.
struct Wav2Vec2Memory {
    let configuration: Wav2Vec2Configuration
    let pass: PlannedPass
    /// Frames of each utterance.
    let lengths: [Int]
    /// Frames of all.
    let frames: Int
    /// Frames of the longest.
    let longest: Int

    init(configuration: Wav2Vec2Configuration, pass: PlannedPass) {
        self.configuration = configuration
        self.pass = pass
        lengths = pass.utterances.map { configuration.frameCount(samples: $0.samples) }
        frames = lengths.reduce(0, +)
        longest = lengths.max() ?? 0
    }

    var hiddenSize: Int { configuration.hiddenSize }
    var precision: GEMMPrecision { pass.precision }
    var channels: Int {
        configuration.convolutionChannels[configuration.convolutionChannels.count - 1]
    }

    /// The audio or features, copied in.
    func batch(_ plan: inout ArenaPlan) {
        for (length, utterance) in zip(lengths, pass.utterances) {
            if pass.hasFeatures {
                plan.tensor(rows: length, columns: channels)
            } else {
                plan.tensor(rows: utterance.samples, columns: 1)
            }
        }
    }

    func forward(_ plan: inout ArenaPlan) {
        plan.tensor(rows: frames, columns: channels)
        if !pass.hasFeatures {
            for utterance in pass.utterances { extractFeatures(utterance.samples, &plan) }
        }
        plan.tensor(rows: frames, columns: hiddenSize)
        // The projection's normed features, and their norm's statistics.
        plan.matrix(rows: frames, columns: channels, precision: precision)
        statistics(frames, &plan)
        encoderForward(&plan)
    }

    func backward(_ plan: inout ArenaPlan) {
        hidden(&plan)
        plan.scoped(encoderBackward)
        let isTrained = pass.trainable == .everything
        if isTrained { plan.tensor(rows: frames, columns: channels) }
        plan.scoped { plan in
            if precision != .float32 || pass.regularization.featureDropout > 0 { product(&plan) }
            plan.tensor(rows: frames, columns: channels)
        }
        guard isTrained else { return }
        for utterance in pass.utterances {
            plan.scoped { featuresBackward(utterance.samples, &$0) }
        }
    }

    /// (frames, hidden) in float32.
    func hidden(_ plan: inout ArenaPlan) { plan.tensor(rows: frames, columns: hiddenSize) }

    /// (frames, hidden) as products take them.
    func product(_ plan: inout ArenaPlan) {
        plan.matrix(rows: frames, columns: hiddenSize, precision: precision)
    }

    /// Means and inverse deviations.
    func statistics(_ count: Int, _ plan: inout ArenaPlan) { for _ in 0..<2 { plan.vector(count) } }
}
