internal import Collectives
internal import Models
internal import Optimization
internal import Pruning
internal import Speech
internal import Tensors
internal import Text

/// All that decides what a run computes.
///
/// The recipe fixes the mathematics; the number of ranks only the time.
///
/// Every field's default, unit and meaning stand once more in `RecipeKey.all`, from which files are read and
/// written.
public struct Recipe: Sendable, Equatable {
    var model = Model()
    var data = Data()
    var loss = Loss()
    var optimizer = Optimizer()
    var schedule = Schedule()
    var pruning = Pruning()
    var augmentation = Augmentation()
    var regularization = Regularization()
    var distributed = Distributed()
    var precision = Precision()
    var checkpoint = Checkpoint()
    var evaluation = Evaluation()
    var reliability = Reliability()
    var pretraining = Pretraining()
    /// Which command the recipe is for.
    let purpose: Purpose
    /// Where all random numbers are counted from.
    public var seed = 2337

    /// The default recipe of a command.
    public init(for purpose: Purpose = .fineTuning) {
        self.purpose = purpose
        if purpose == .preTraining { setPretrainingDefaults() }
    }

    struct Model: Sendable, Equatable {
        var path = ""
        var vocabulary = ""
        var freezeFeatureEncoder = true
        var freezeEncoderUpdates = 0
        var recomputeActivations = false
    }

    struct Data: Sendable, Equatable {
        var train = ""
        var valid = ""
        var labels = Manifest.Labels.letters
        var textCase = TextCase.asIs
        var badUtterances = BadUtterances.refuse
        var batchSeconds = 1600.0
        var rankSeconds = 200.0
        var samplingAlpha = 1.0
        var cacheFeatures = true
        var cacheDirectory = ""
        var minimumSeconds = 2.0
        var maximumSeconds = 15.6
    }

    struct Loss: Sendable, Equatable {
        var zeroInfinity = true
    }

    struct Optimizer: Sendable, Equatable {
        var kind = OptimizerKind.adam
        var learningRate = 5e-5
        var betas = [0.9, 0.98]
        var epsilon = 1e-8
        var weightDecay = 0.0
        var clipNorm = 0.0
    }

    struct Schedule: Sendable, Equatable {
        var kind = ScheduleKind.triStage
        var updates = 12000
        var phases = [0.1, 0.4, 0.5]
        var initialScale = 0.01
        var finalScale = 0.05
    }

    struct Pruning: Sendable, Equatable {
        var method = ComparedMethod.parp
        var sparsity = 0.5
        var interval = Automatic<Int>.automatic
        var intervalUnit = IntervalUnit.updates
        var initialMask = InitialMask.automatic
        var startSparsity = Automatic<Double>.automatic
        var scope = PruningScope.global
        var includeBiases = true
        var schedule = Automatic<SparsitySchedule>.automatic
        var begin = Automatic<Double>.automatic
        var end = Automatic<Double>.automatic
        var score = Automatic<PruningScore>.automatic
        var forward = Automatic<PrunedWeights>.automatic
        var holdFrom = Automatic<Double>.automatic
        var trainWeights = Automatic<Bool>.automatic
        var scoreLearningRate = Automatic<Double>.automatic
        var regrowth = 0.3
    }

    struct Distributed: Sendable, Equatable {
        var bucketMegabytes = 0.0
        var senders = Senders.automatic
        var wire = WireFormat.float32
        var reproducible = false
        var reproducibleParts = 8
        var threadsPerRank = 1
    }

    struct Precision: Sendable, Equatable {
        var gemm = GEMMPrecision.float32
    }

    struct Checkpoint: Sendable, Equatable {
        var everyUpdates = 500
        var keep = 3
    }

    struct Evaluation: Sendable, Equatable {
        var everyUpdates = 500
        var metric = Metric.wordErrorRate
    }
}

/// What to do about utterances that cannot be used.
enum BadUtterances: String, Sendable, CaseIterable {
    /// Stop before the run starts, listing all.
    case refuse
    /// Leave them out, counted and named.
    case skip
}

/// The optimisers.
enum OptimizerKind: String, Sendable, CaseIterable {
    case adam
}

/// What `pruning.interval` counts.
enum IntervalUnit: String, Sendable, CaseIterable {
    case updates
    case epochs
}

/// What the best model is chosen by; lower is better.
enum Metric: String, Sendable, CaseIterable {
    case wordErrorRate = "wer"
    case characterErrorRate = "cer"
    case loss
}
