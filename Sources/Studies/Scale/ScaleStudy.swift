internal import Foundation
internal import Program
internal import Recipe
internal import Training

/// What stays the same when there are more ranks.
package enum ScalingMode: String, Codable, Sendable, CaseIterable {
    /// The global batch: the same training, done sooner.
    case strong
    /// The batch per rank: a different training, with larger batches.
    case weak
}

/// Options of `parp scale run`.
package struct ScaleRunOptions: Sendable {
    /// The recipe file.
    package var recipe: String
    /// Changes of the recipe, each `section.key=value`.
    package var overrides: [String] = []
    /// The numbers of ranks; the smallest is the base.
    package var ranks: [Int]
    /// What stays the same.
    package var modes = [ScalingMode.strong]
    /// Pruning methods, as named in recipes.
    package var methods = ["parp"]
    /// Sparsities of methods that prune.
    package var sparsities = [0.5]
    /// The folder of the study.
    package var output: String
    /// Measured updates per launch.
    package var updates = 10
    /// Warm-up updates before them.
    package var warmup = 3
    /// The minimum and maximum number of launches per setting; in between, until the mean is precise enough.
    package var repeats = 3...8
    /// The required precision: the half-width of the 95 % interval as a share of the mean.
    package var tolerance = 0.05
    /// The command that starts ranks; `-np N` and the program follow.
    package var launcher = "mpirun --quiet --bind-to core"
    /// The program, as the launcher starts it.
    package var program: String
    /// A folder for Slurm jobs, which are written instead of running anything.
    package var slurmFolder: String?
    /// The seed of the order of launches.
    package var seed = 1

    /// A study of a recipe.
    package init(recipe: String, ranks: [Int], output: String, program: String) {
        (self.recipe, self.ranks, self.output, self.program) = (recipe, ranks, output, program)
    }
}

/// One setting of a study.
struct ScaleCell: Codable, Hashable, Sendable {
    let mode: ScalingMode
    let ranks: Int
    let method: String
    let sparsity: Double

    /// The name of its folder.
    var name: String {
        "\(mode.rawValue)-\(ranks)-\(method)" + (method == "dense" ? "" : "-\(sparsity)")
    }

    /// Whether it holds its mask, so that pruned gradients are not sent.
    var holdsMask: Bool { !["dense", "parp", "parp-p"].contains(method) }
    /// Whether that mask must be given.
    var needsMask: Bool { ["omp", "imp"].contains(method) }
}

/// A study's plan, `study.json`: what is launched, and how it is measured.
struct ScaleStudy: Codable, Equatable, Sendable {
    /// The format's version.
    var schema = 1
    let recipe: String
    let overrides: [String]
    let cells: [ScaleCell]
    let updates: Int
    let warmup: Int
    let minimumRepeats: Int
    let maximumRepeats: Int
    let tolerance: Double
    let launcher: String
    let amounts: RecipeAmounts

    /// The smallest number of ranks, with which others are compared.
    var baseRanks: Int { cells.map(\.ranks).min() ?? 1 }

    /// Whether another plan measures the same, apart from the number of repeats.
    func isSame(as other: ScaleStudy) -> Bool {
        func measured(_ study: ScaleStudy) -> [String] {
            ["\(study.schema) \(study.updates) \(study.warmup)", study.recipe, study.launcher]
                + study.overrides
        }
        return measured(self) == measured(other) && cells == other.cells && amounts == other.amounts
    }

    /// A cell's changes of the recipe.
    func settings(of cell: ScaleCell, mask: String) -> [String] {
        let growth = cell.mode == .weak ? Double(cell.ranks) / Double(baseRanks) : 1
        return [
            "schedule.updates=\(warmup + updates)", "data.batch_seconds=\(amounts.batchSeconds * growth)",
            "evaluation.every_updates=0", "checkpoint.every_updates=0",
            "pruning.method=\"\(cell.method)\"", "pruning.initial_mask=\"\(cell.needsMask ? mask : "auto")\"",
        ] + (cell.method == "dense" ? [] : ["pruning.sparsity=\(cell.sparsity)"])
    }
}

extension ScaleStudy {
    /// The plan that options describe.
    init(_ options: ScaleRunOptions) throws {
        let methods = options.methods.flatMap { method in
            // A dense run has no sparsity, so one is enough.
            (method == "dense" ? [0] : options.sparsities).map { (method, $0) }
        }
        let cells = options.modes.flatMap { mode in
            options.ranks.sorted().flatMap { ranks in
                methods.map { ScaleCell(mode: mode, ranks: ranks, method: $0.0, sparsity: $0.1) }
            }
        }
        self.init(
            recipe: options.recipe, overrides: options.overrides, cells: cells, updates: options.updates,
            warmup: options.warmup, minimumRepeats: options.repeats.lowerBound,
            maximumRepeats: options.repeats.upperBound, tolerance: options.tolerance,
            launcher: options.launcher,
            amounts: try Recipe(path: options.recipe, overrides: options.overrides).amounts)
        for cell in cells {
            // An unknown method is reported before anything runs.
            let settings = settings(of: cell, mask: "MASK")
            _ = try Recipe(path: options.recipe, overrides: options.overrides + settings)
        }
    }
}

/// The paths of a study.
struct ScaleFolder: Sendable {
    let path: String

    var plan: String { path + "/study.json" }
    var fit: String { path + "/fit.json" }
    /// The sparse model whose zeros are the mask of runs that need one.
    func mask(sparsity: Double) -> String { "\(path)/masks/\(sparsity)" }
    func run(_ cell: ScaleCell, _ turn: Int) -> String { "\(path)/runs/\(cell.name)/\(turn)" }
    func trace(_ cell: ScaleCell, _ turn: Int) -> String { run(cell, turn) + ".trace.json" }

    /// The finished launches of a cell.
    func turnsDone(_ cell: ScaleCell, upTo most: Int) -> [Int] {
        (1...most).filter { FileManager.default.fileExists(atPath: trace(cell, $0)) }
    }

    /// The plan of the study in this folder.
    func readPlan() throws -> ScaleStudy {
        guard let data = FileManager.default.contents(atPath: plan), data.count < 16 << 20,
            let study = try? JSONDecoder().decode(ScaleStudy.self, from: data)
        else { throw UserError(.data, "\(plan): is not the plan of a study; parp scale run writes one") }
        return study
    }

    /// Writes the plan, or checks that the existing one is the same apart from the number of repeats.
    func keep(_ study: ScaleStudy) throws {
        if FileManager.default.fileExists(atPath: plan) {
            guard try readPlan().isSame(as: study) else {
                throw UserError(
                    .usage, "\(path) holds a study with other settings; give --output another folder")
            }
        }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try writeJSON(study, to: plan)
    }
}

/// Writes a value as JSON, with keys in order.
func writeJSON(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(value).write(to: URL(fileURLWithPath: path), options: .atomic)
}
