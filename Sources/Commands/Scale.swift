internal import ArgumentParser
internal import Foundation
internal import Kernels
internal import Recipe
internal import Session
internal import Studies
internal import Tasks
internal import Training

extension ScalingMode: ExpressibleByArgument {}

/// `parp scale`.
struct Scale: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how training scales with ranks, model it, and project it.",
        subcommands: [ScaleRun.self, ScaleFitCommand.self, ScaleReportCommand.self])
}

/// `parp scale run`.
struct ScaleRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract:
            "Launch a recipe on several numbers of ranks, in random order, until its times are precise.",
        discussion: """
            Call it without mpirun: it starts one for each launch. Called again, it continues.

              parp scale run first.toml --ranks 1,2,4 --mode strong --mode weak --output study
              parp scale report study
            """)

    @Argument(help: "The recipe, a TOML file.")
    var recipe: String

    @Option(help: "The numbers of ranks.")
    var ranks: CommaList<Int>

    @Option(help: "strong keeps the global batch, weak the batch per rank; may be given twice.")
    var mode: [ScalingMode] = [.strong]

    @Option(help: "The pruning methods, separated by commas: dense, parp, omp, imp and others.")
    var methods: CommaList<String> = CommaList(["parp"])

    @Option(help: "The sparsities, separated by commas.")
    var sparsities: CommaList<Double> = CommaList([0.5])

    @Option(help: "The folder of the study.")
    var output: String

    @OptionGroup var changes: RecipeChanges

    @Option(help: "Measured updates per launch.")
    var updates = 10

    @Option(help: "Unmeasured updates before them.")
    var warmup = 3

    @Option(help: "The minimum number of launches per setting.")
    var minRepeats = 3

    @Option(help: "The maximum number of launches per setting.")
    var maxRepeats = 8

    @Option(help: "The precision to reach: half the width of the 95 % interval, as a share of the mean.")
    var tolerance = 0.05

    @Option(help: "The command that starts ranks; -np N and the program are appended.")
    var launcher = "mpirun --quiet --bind-to core"

    @Option(help: "The program as the launcher starts it (default: this one).")
    var program: String?

    @Option(help: "Write Slurm jobs into this folder instead of running anything.")
    var writeSlurm: String?

    @Option(help: "The seed of the order of launches.")
    var seed = 1

    func validate() throws {
        guard ranks.values.allSatisfy({ $0 > 0 }), updates > 0, warmup >= 0, minRepeats > 0,
            maxRepeats >= minRepeats, tolerance > 0
        else {
            throw ValidationError(
                "--ranks, --updates and repeats must be above 0, and --max-repeats at least --min-repeats")
        }
    }

    func run() {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "parp"
        var options = ScaleRunOptions(
            recipe: recipe, ranks: ranks.values, output: output, program: program ?? own)
        options.overrides = changes.overrides
        options.modes = mode
        options.methods = methods.values
        options.sparsities = sparsities.values
        options.updates = updates
        options.warmup = warmup
        options.repeats = minRepeats...maxRepeats
        options.tolerance = tolerance
        options.launcher = launcher
        options.slurmFolder = writeSlurm
        options.seed = seed
        launch { try runScaleStudy(options, session: $0) }
    }
}

/// `parp scale fit`.
struct ScaleFitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fit a cost model to a study and show its error for each setting.")

    @Argument(help: "The folder of the study.")
    var study: String

    func run() { launch { try fitScaleStudy(study, session: $0) } }
}

/// `parp scale report`.
struct ScaleReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a study's tables, plots and projections: report.html, report.json, report.csv.")

    @Argument(help: "The folder of the study.")
    var study: String

    @Option(help: "The numbers of ranks to project to, separated by commas.")
    var ranks: CommaList<Int> = CommaList((0...9).map { 1 << $0 })

    @Option(help: "Ranks per node (default: as measured).")
    var ranksPerNode: Int?

    @Option(help: "Gigabits per second between nodes (default: as measured, or 25).")
    var gigabits: Double?

    @Option(help: "Latency of a message in microseconds, where the network is given or assumed.")
    var latency = 20.0

    @Option(help: "The price of a core-hour.")
    var price = 0.04

    @Option(help: "The currency of the price.")
    var currency = "EUR"

    func validate() throws {
        guard ranks.values.allSatisfy({ (1...65_536).contains($0) }), ranksPerNode ?? 1 > 0,
            gigabits ?? 1 > 0,
            latency >= 0, price >= 0
        else {
            throw ValidationError("ranks must be from 1 to 65536, the network and the price not negative")
        }
    }

    func run() {
        var options = ScaleReportOptions(study: study)
        options.ranks = ranks.values
        options.ranksPerNode = ranksPerNode
        options.gigabits = gigabits
        options.latencyMicroseconds = latency
        options.price = price
        options.currency = currency
        launch { try reportScaleStudy(options, session: $0) }
    }
}
