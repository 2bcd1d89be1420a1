internal import ArgumentParser
internal import Recipe
internal import Session
internal import Studies
internal import Training

/// `parp compare`.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare pruning methods at several sparsities: error rates, masks and cost in one table.",
        discussion: """
            Trains what is missing, one run after another on all ranks, and resumes a stopped run: repeat the same \
            command. OMP at all sparsities shares the dense run, IMP its rounds. Writes runs/, comparison.html, .md, .csv and \
            .json, differences.csv (each two methods, with intervals), and plots.

              mpirun -np 4 parp compare recipe.toml --methods dense,parp,omp --sparsities 0.5,0.7 --seeds 1,2

            With --learning-rates, the first seed is run with each of them, and the others with the best for each method and \
            sparsity on the recipe's validation set; --test evaluates on other data.

            With --data, everything is done for each language; with --transfer, also with the masks of the others.
            """)

    @Argument(help: "The recipe of all runs, a TOML file.")
    var recipe: String

    @Option(
        help: "Methods, of dense, parp, parp-p, parp-m, gmp, movement, rigl, s3-router, mpi, omp, imp and rp."
    )
    var methods: CommaList<String> = CommaList(["dense", "parp", "parp-p", "mpi", "omp", "imp", "rp"])

    @Option(help: "Sparsities.")
    var sparsities: CommaList<Double> = CommaList([0.3, 0.5, 0.7, 0.9])

    @Option(help: "Seeds (default: the recipe's).")
    var seeds: CommaList<Int> = CommaList([])

    @Option(
        help: ArgumentHelp(
            "A language, and a folder with its train.jsonl and valid.jsonl; may be repeated.",
            valueName: "name=folder"))
    var data: [String] = []

    @Option(
        name: .customLong("transfer"),
        help: "Methods, of omp, parp and parp-p, to run in each language with the OMP mask of each.")
    var transfers: CommaList<String> = CommaList([])

    @Option(
        help: "Learning rates to try; the recipe's validation set chooses one for each method and sparsity.")
    var learningRates: CommaList<Double> = CommaList([])

    @Option(
        help: ArgumentHelp(
            "Labelled data to evaluate final models on; with --data, the name of a file in each folder.",
            valueName: "file"))
    var test: String?

    @Flag(help: "Also run single-run methods with twice the updates, as many as OMP's two runs.")
    var equalCost = false

    @OptionGroup var changes: RecipeChanges

    @Option(
        name: .customLong("round-set"),
        help: ArgumentHelp(
            "Change a key only for IMP's rounds; by default they have a sixth of the updates.",
            valueName: "section.key=value"))
    var roundOverrides: [String] = []

    @Option(
        help: ArgumentHelp(
            "A finished comparison, of the same seeds and examples, whose methods these are also compared with; may be repeated.",
            valueName: "name=folder"))
    var beside: [String] = []

    @Option(help: "The folder of the comparison.")
    var output = "runs/comparison"

    @Flag(help: "Run nothing; compare finished runs.")
    var onlyReport = false

    func run() {
        var options = ComparisonOptions(
            recipe: recipe, methods: methods.values, sparsities: sparsities.values, output: output)
        options.overrides = changes.overrides
        options.roundOverrides = roundOverrides
        options.seeds = seeds.values
        options.data = data
        options.transfers = transfers.values
        options.learningRates = learningRates.values
        options.test = test
        options.hasEqualCost = equalCost
        options.beside = beside
        options.onlyReports = onlyReport
        launch { try runComparison(options, session: $0) }
    }
}
