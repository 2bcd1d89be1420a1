internal import Foundation
internal import Kernels
package import Recipe
internal import Tasks
internal import Tensors

/// What a recipe needs from its machines.
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
    /// Bytes of a replica's gradients, which ranks of a node share.
    package var gradientBytes = 0
    /// Bytes of the features cached on each node, by the manifests' durations; 0 for none.
    package var featureBytes = 0
    /// The folder of the feature cache; nil lets each node choose.
    package var cacheDirectory: String?
    /// Bytes of memory per rank; 0 if the recipe does not say enough.
    package var rankBytes = 0
    /// Bytes of all checkpoints and models that a run keeps.
    package var outputBytes = 0

    /// No needs: for a launch without a recipe.
    package init() {}

    /// Reads a recipe, the shape of its model and the durations of its manifests.
    ///
    /// A recipe that does not name all of them needs less: only what exists is considered.
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
        // One more checkpoint while the next is written; best and final.
        outputBytes = forecast.checkpointBytes * (recipe.checkpoint.keep + 1) + 2 * gradientBytes
    }

    /// This node's folder for features.
    package var ownCacheDirectory: String { cacheDirectory ?? FeatureCache.defaultRoot() }

    /// The existing files whose content determines a run: recipe, manifests and model.
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

/// The kind of CPU that the product library detects; empty if it does not say.
package func matrixCoreName() -> String { matrixCore }

/// Why this machine cannot multiply bfloat16; nil if it can.
package func bfloat16Fault() -> String? { unavailability(of: .bfloat16) }
