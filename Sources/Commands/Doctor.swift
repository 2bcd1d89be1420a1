internal import ArgumentParser
internal import Preflight
internal import Session
internal import Tasks
internal import Training

/// `parp doctor`.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Look for launch mistakes on every rank; start it like the run itself: under mpirun or srun.",
        discussion: """
            Compares programs, files, settings and CPUs of all ranks, and checks processors, memory, limits, folders and \
            the network. Prints each finding with its fix, and ends with 64, 65 or 70 if something would not work.
            """)

    @Argument(help: "The recipe to be run; without one, only the launch is checked.")
    var recipe: String?

    @OptionGroup var kind: RecipeKind

    @Option(help: "The run directory that will be used (default: runs/RECIPE).")
    var output: String?

    @OptionGroup var json: JSONArguments

    func run() {
        let options = DoctorOptions(
            recipe: recipe, overrides: kind.overrides, task: kind.task,
            output: output, json: json.isAsked)
        launch { try runDoctor(options, session: $0) }
    }
}
