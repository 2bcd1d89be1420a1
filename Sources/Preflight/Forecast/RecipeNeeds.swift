internal import Foundation
internal import Kernels
package import Recipe
internal import Tasks
internal import Tensors

/// What a recipe asks of the machines it runs on.
package struct RecipeNeeds: Sendable, Codable, Equatable {
    /// The recipe file.
    package var recipe = ""
    /// `distributed.threads_per_rank`.
    package var threads = 1
    /// Whether products are to be in bfloat16.
    package var wantsBFloat16 = false
    /// Whether the recipe leaves the choice to a probe.
    package var leavesPrecisionOpen = false
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
    /// Bytes of memory of a rank; 0 if the recipe does not say enough.
    package var rankBytes = 0
    /// Bytes of all checkpoints and models that a run keeps.
    package var outputBytes = 0

    /// No needs: of a launch without a recipe.
    package init() {}

    /// Reads a recipe, the shape of its model and the durations of its manifests.
    ///
    /// A recipe that does not name all of them asks for less: what is there is looked at.
    package init(
        recipe path: String, overrides: [String], task: TaskKind?, ranks: Int, ranksPerNode: Int
    ) throws {
        let recipe = try Recipe(path: path, overrides: overrides, task: task)
        self.recipe = path
        threads = recipe.distributed.threadsPerRank
        wantsBFloat16 = recipe.precision.products == .bfloat16
        leavesPrecisionOpen = recipe.precision.gemm == .automatic
        model = recipe.model.path
        manifests = [recipe.data.train, recipe.data.valid].filter { !$0.isEmpty }
        let directory = recipe.data.cacheDirectory
        cacheDirectory = directory.isEmpty ? nil : directory
        guard !model.isEmpty, manifests.count == 2, TaskKind.speech.contains(recipe.task) else { return }
        let forecast = try RunForecast(recipe: recipe, ranks: ranks, ranksPerNode: ranksPerNode)
        gradientBytes = forecast.parameters * MemoryLayout<Float>.stride
        rankBytes = forecast.memory.peakBytes
        featureBytes = forecast.featureBytes
        // One checkpoint more while the next is written; best and final.
        outputBytes = forecast.checkpointBytes * (recipe.checkpoint.keep + 1) + 2 * gradientBytes
    }

    /// The folder in which this node keeps features.
    package var ownCacheDirectory: String { cacheDirectory ?? FeatureCache.defaultRoot() }

    /// The files whose content decides a run, as far as they are there: recipe, manifests and model.
    package var files: [String] {
        let own = ([recipe] + manifests).filter { !$0.isEmpty }
        guard let folder = try? FileManager.default.contentsOfDirectory(atPath: model) else {
            return own + (FileManager.default.fileExists(atPath: model) ? [model] : [])
        }
        let endings = [".json", ".safetensors", ".bin", ".pt", ".txt"]
        let parts = folder.filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
        return own + parts.prefix(64).map { "\(model)/\($0)" }
    }
}

/// The kind of CPU that the library of products takes this one for; empty where it does not say.
package func matrixCoreName() -> String { matrixCore }

/// Why this machine cannot multiply bfloat16; nil if it can.
package func bfloat16Fault() -> String? { unavailability(of: .bfloat16) }
