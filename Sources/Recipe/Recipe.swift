package import Collectives
internal import Models
package import Optimization
package import Pruning
package import Speech
package import Tensors
internal import Text

/// Everything that decides what a run computes.
///
/// The recipe fixes the mathematics; the number of ranks affects only the time.
///
/// Every field's default, unit and meaning are also in `RecipeKey.all`, from which files are read and
/// written.
package struct Recipe: Sendable, Equatable {
    package var model = Model()
    package var data = Data()
    package var loss = Loss()
    package var optimizer = Optimizer()
    package var schedule = Schedule()
    package var pruning = Pruning()
    package var augmentation = Augmentation()
    package var regularization = Regularization()
    package var distributed = Distributed()
    package var precision = Precision()
    package var checkpoint = Checkpoint()
    package var evaluation = Evaluation()
    package var decoding = Decoding()
    package var reliability = Reliability()
    package var pretraining = Pretraining()
    /// What the model is trained for.
    package internal(set) var task: TaskKind
    /// The seed of all random numbers.
    package var seed = 2337

    /// The default recipe of a task.
    package init(for task: TaskKind = .ctc) {
        self.task = task
        switch task {
        case .ctc: break
        case .pretrain: setPretrainingDefaults()
        case .classify, .regress: setTextDefaults()
        }
    }

    package struct Model: Sendable, Equatable {
        package var path = ""
        package var vocabulary = ""
        package var freezeFeatureEncoder = true
        package var freezeEncoderUpdates = 0
        package var recomputeActivations = false
    }

    package struct Data: Sendable, Equatable {
        package var train = ""
        package var valid = ""
        package var labels = Manifest.Labels.letters
        package var text = TextPreparation()
        package var badUtterances = BadUtterances.refuse
        package var batchSeconds = 1600.0
        package var rankSeconds = 200.0
        package var batchExamples = 32
        package var rankTokens = 4096
        package var maximumTokens = 128
        package var samplingAlpha = 1.0
        package var cacheFeatures = true
        package var cacheDirectory = ""
        package var minimumSeconds = 2.0
        package var maximumSeconds = 15.6
    }

    package struct Loss: Sendable, Equatable {
        package var zeroInfinity = true
    }

    package struct Optimizer: Sendable, Equatable {
        package var kind = OptimizerKind.adam
        package var learningRate = 5e-5
        package var betas = [0.9, 0.98]
        package var epsilon = 1e-8
        package var weightDecay = 0.0
        package var clipNorm = 0.0
        package var headScale = 1.0
    }

    package struct Schedule: Sendable, Equatable {
        package var kind = ScheduleKind.triStage
        package var updates = 12000
        package var phases = [0.1, 0.4, 0.5]
        package var initialScale = 0.01
        package var finalScale = 0.05
    }

    package struct Pruning: Sendable, Equatable {
        package var method = ComparedMethod.parp
        package var sparsity = 0.5
        var interval = Automatic<Int>.automatic
        var intervalUnit = IntervalUnit.updates
        package var initialMask = InitialMask.automatic
        var startSparsity = Automatic<Double>.automatic
        package var scope = PruningScope.global
        package var includeBiases = true
        package var includePooler = false
        package var includeEmbeddings = false
        package var includeRelativePositions = false
        var schedule = Automatic<SparsitySchedule>.automatic
        var begin = Automatic<Double>.automatic
        var end = Automatic<Double>.automatic
        var score = Automatic<PruningScore>.automatic
        var forward = Automatic<PrunedWeights>.automatic
        var holdFrom = Automatic<Double>.automatic
        var trainWeights = Automatic<Bool>.automatic
        package var scoreLearningRate = Automatic<Double>.automatic
        var regrowth = 0.3
    }

    package struct Distributed: Sendable, Equatable {
        package var bucketMegabytes = 0.0
        package var senders = Senders.automatic
        package var wire = WireFormat.float32
        package var reproducible = false
        package var reproducibleParts = 8
        package var threadsPerRank = 1
    }

    package struct Precision: Sendable, Equatable {
        package var gemm = Automatic<GEMMPrecision>.value(.float32)

        /// The precision of products: float32 unless decided otherwise.
        package var products: GEMMPrecision { gemm.stated ?? .float32 }
    }

    package struct Checkpoint: Sendable, Equatable {
        package var everyUpdates = 500
        package var everyMinutes = 0.0
        package var keep = 3
        package var average = 0
        package var averageOf = AveragedModels.last
    }

    package struct Evaluation: Sendable, Equatable {
        package var everyUpdates = 500
        package var patience = 0
        package var metric = MetricSpec.wordErrorRate
    }
}

/// What to do about utterances that cannot be used.
package enum BadUtterances: String, Sendable, CaseIterable {
    /// Stop before the run starts, listing all.
    case refuse
    /// Leave them out, counted and named.
    case skip
}

/// Which evaluated models a final model averages.
package enum AveragedModels: String, Sendable, CaseIterable {
    /// Those of the last evaluations.
    case last
    /// Those of the best evaluations.
    case best
}

/// The optimisers.
package enum OptimizerKind: String, Sendable, CaseIterable {
    case adam
}

/// What `pruning.interval` counts.
enum IntervalUnit: String, Sendable, CaseIterable {
    case updates
    case epochs
}
