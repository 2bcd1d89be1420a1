import Foundation
import Pruning
import TestSupport
import Testing

@testable import Recipe

/// The recipes of cluster/recipes that follow the authors' scripts.
struct RecipeFilesTests {
    private static let folder = repository + "/cluster/recipes"

    /// Learning rate, updates, probabilities of time and channel masks, and layer drop of the authors' PARP runs.
    static let official: [(name: String, values: [Double])] = [
        ("base-10h", [5e-5, 20000, 0.65, 0.256, 0.05]), ("base-1h", [5e-5, 15000, 0.75, 0.256, 0.05]),
        ("base-10min", [5e-5, 12000, 0.75, 0.512, 0.05]), ("large-10h", [1e-4, 12000, 0.65, 0.256, 0.1]),
        ("large-1h", [5e-5, 15000, 0.75, 0.256, 0.1]), ("large-10min", [5e-5, 12000, 0.75, 0.512, 0.1]),
        ("xlsr53-language", [1e-4, 12000, 0.75, 0.256, 0.1]),
        ("xlsr53-joint", [1e-4, 12000, 0.75, 0.256, 0.1]),
    ]

    @Test("a recipe has the values of the authors' PARP run", arguments: official.indices)
    func values(_ index: Int) throws {
        let (name, values) = Self.official[index]
        let recipe = try Recipe(path: "\(Self.folder)/\(name).toml")
        let augmentation = recipe.augmentation
        #expect(
            [
                recipe.optimizer.learningRate, Double(recipe.schedule.updates),
                augmentation.timeMaskProbability, augmentation.channelMaskProbability,
                recipe.regularization.layerDrop,
            ] == values, "\(name)")
        #expect(recipe.pruning.method == .parp && recipe.model.freezeEncoderUpdates == 0)
        #expect(recipe.optimizer.betas == [0.9, 0.98] && recipe.schedule.phases == [0.1, 0.4, 0.5])
        #expect(recipe.regularization.activationDropout == 0.1 && recipe.optimizer.weightDecay == 0)
    }

    @Test("its header has PARP-P, dense as the authors froze it, and dense unfrozen from the start")
    func variants() throws {
        for (name, _) in Self.official {
            let path = "\(Self.folder)/\(name).toml"
            let variants = try Self.variants(path)
            let recipes = try variants.mapValues { try Recipe(path: path, overrides: $0) }
            #expect(recipes["parp-p"]?.pruning.method == .progressive, "\(name)")
            #expect(recipes["dense"]?.model.freezeEncoderUpdates == 10000, "\(name)")
            let ablation = try #require(recipes["ablation"])
            #expect(ablation.pruning.method == .dense && ablation.model.freezeEncoderUpdates == 0)
        }
    }

    /// The settings that a header names: lines `#   NAME:  --set …`, which go on in lines that begin with `--set`.
    private static func variants(_ path: String) throws -> [String: [String]] {
        var variants: [String: [String]] = [:]
        var name = ""
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            guard line.hasPrefix("#   "), let start = line.range(of: "--set") else { continue }
            let label = line[..<start.lowerBound].dropFirst().trimmingCharacters(in: .whitespaces)
            if label.hasSuffix(":") { name = String(label.dropLast()) }
            variants[name, default: []] += line[start.lowerBound...].components(separatedBy: "--set ")
                .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        return variants
    }
}
