internal import Foundation
internal import Program
internal import Recipe
internal import Training

/// What stays the same when there are more ranks.
package enum ScalingMode: String, Codable, Sendable, CaseIterable {
    /// The global batch: the same training, sooner.
    case strong
    /// The batch a rank: another training, with larger batches.
    case weak
}

/// Options of `parp scale run`.
package struct ScaleRunOptions: Sendable {
    /// The recipe file.
    package var recipe: String
    /// Changes of the recipe: `section.key=value` each.
    package var overrides: [String] = []
    /// The numbers of ranks; the smallest is the base.
    package var ranks: [Int]
    /// What stays the same.
    package var modes = [ScalingMode.strong]
    /// Pruning methods, as recipes name them.
    package var methods = ["parp"]
    /// Sparsities of those that prune.
    package var sparsities = [0.5]
    /// The folder of the study.
    package var output: String
    /// Updates of a launch that count.
    package var updates = 10
    /// Updates before them, which do not.
    package var warmup = 3
    /// Launches of a setting: at least so many, until the mean is known well enough, at most so many.
    package var repeats = 3...8
    /// How well: the half-width of the 95 % interval as a share of the mean.
    package var tolerance = 0.05
    /// What starts ranks; `-np N` and the program follow.
    package var launcher = "mpirun --quiet --bind-to core"
    /// The program, as the launcher starts it.
    package var program: String
    /// A folder for Slurm jobs, which are written instead of running anything.
    package var slurmFolder: String?
    /// Decides the order of launches.
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

    /// What its folder is called.
    var name: String {
        "\(mode.rawValue)-\(ranks)-\(method)" + (method == "dense" ? "" : "-\(sparsity)")
    }

    /// Whether its mask is that of another run: pruned gradients do not travel.
    var holdsMask: Bool { !["dense", "parp", "parp-p"].contains(method) }
    /// Whether that mask must be given.
    var needsMask: Bool { ["omp", "imp"].contains(method) }
}

/// A study's plan, `study.json`: what is launched, and how it is judged.
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

    /// The smallest number of ranks, whose time others are compared with.
    var baseRanks: Int { cells.map(\.ranks).min() ?? 1 }

    /// Whether another plan measures the same, however often.
    func isSame(as other: ScaleStudy) -> Bool {
        func measured(_ study: ScaleStudy) -> [String] {
            ["\(study.schema) \(study.updates) \(study.warmup)", study.recipe, study.launcher]
                + study.overrides
        }
        return measured(self) == measured(other) && cells == other.cells && amounts == other.amounts
    }

    /// What a cell changes in the recipe.
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
    /// The plan that options ask for.
    init(_ options: ScaleRunOptions) throws {
        let methods = options.methods.flatMap { method in
            // A dense run has no sparsity: one is enough.
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
            // A method that does not exist is said before anything runs.
            let settings = settings(of: cell, mask: "MASK")
            _ = try Recipe(path: options.recipe, overrides: options.overrides + settings)
        }
    }
}

/// Where the parts of a study lie.
struct ScaleFolder: Sendable {
    let path: String

    var plan: String { path + "/study.json" }
    var fit: String { path + "/fit.json" }
    /// The sparse model whose zeros are the mask of runs that need one.
    func mask(sparsity: Double) -> String { "\(path)/masks/\(sparsity)" }
    func run(_ cell: ScaleCell, _ turn: Int) -> String { "\(path)/runs/\(cell.name)/\(turn)" }
    func trace(_ cell: ScaleCell, _ turn: Int) -> String { run(cell, turn) + ".trace.json" }

    /// The launches of a cell that have ended.
    func turnsDone(_ cell: ScaleCell, upTo most: Int) -> [Int] {
        (1...most).filter { FileManager.default.fileExists(atPath: trace(cell, $0)) }
    }

    /// The plan of the study that lies here.
    func readPlan() throws -> ScaleStudy {
        guard let data = FileManager.default.contents(atPath: plan), data.count < 16 << 20,
            let study = try? JSONDecoder().decode(ScaleStudy.self, from: data)
        else { throw UserError(.data, "\(plan): no plan of a study; parp scale run writes one") }
        return study
    }

    /// Writes the plan, or sees that the one that lies here is the same but for how often things are launched.
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
