internal import Foundation
internal import Kernels
internal import Models
internal import Speech
internal import Tensors

/// What a recipe asks of the machines it runs on.
package struct RecipeNeeds: Sendable, Codable, Equatable {
    /// The recipe file.
    package var recipe = ""
    /// `distributed.threads_per_rank`.
    package var threads = 1
    /// Whether products are to be in bfloat16.
    package var wantsBFloat16 = false
    /// `model.path`.
    package var model = ""
    /// The manifests of training and validation.
    package var manifests: [String] = []
    /// Bytes of a replica's gradients: what ranks of a node share.
    package var gradientBytes = 0
    /// Bytes of the features that each node keeps, by the manifests' durations; 0 if it keeps none.
    package var featureBytes = 0
    /// Where features are kept; nil lets each node choose.
    package var cacheDirectory: String?
    /// Bytes of all checkpoints and models that a run keeps.
    package var outputBytes = 0

    /// No needs: of a launch without a recipe.
    package init() {}

    /// Reads a recipe, the shape of its model and the durations of its manifests.
    package init(recipe path: String, overrides: [String]) throws {
        let recipe = try Recipe(path: path, overrides: overrides)
        self.recipe = path
        threads = recipe.distributed.threadsPerRank
        wantsBFloat16 = recipe.precision.gemm == .bfloat16
        model = recipe.model.path
        manifests = [recipe.data.train, recipe.data.valid].filter { !$0.isEmpty }
        let directory = recipe.data.cacheDirectory
        cacheDirectory = directory.isEmpty ? nil : directory
        guard !model.isEmpty else { return }
        let network = Wav2Vec2(try modelConfiguration(model))
        gradientBytes = network.layout.count * MemoryLayout<Float>.stride
        // Weights and two moments a checkpoint, one more while the next is written; best and final.
        outputBytes = gradientBytes * (3 * (recipe.checkpoint.keep + 1) + 2)
        guard recipe.data.cacheFeatures && recipe.model.freezeFeatureEncoder else { return }
        featureBytes = try manifests.reduce(0) { total, manifest in
            let seconds = try Manifest(path: manifest, labels: recipe.data.labels).utterances
                .reduce(0) { $0 + $1.durationSeconds }
            let frames = Int(seconds * 16_000) / network.configuration.hopSamples
            return total + frames * network.featureChannels * MemoryLayout<Float>.stride
        }
    }

    /// The folder in which this node keeps features.
    package var ownCacheDirectory: String { cacheDirectory ?? FeatureCache.defaultRoot() }

    /// The files whose content decides a run, as far as they are there: recipe, manifests and model.
    package var files: [String] {
        let folder = (try? FileManager.default.contentsOfDirectory(atPath: model)) ?? []
        let endings = [".json", ".safetensors", ".bin", ".pt", ".txt"]
        let parts = folder.filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
        return ([recipe] + manifests).filter { !$0.isEmpty } + parts.prefix(64).map { "\(model)/\($0)" }
    }
}

/// Why this machine cannot multiply bfloat16; nil if it can.
package func bfloat16Fault() -> String? { unavailability(of: .bfloat16) }
