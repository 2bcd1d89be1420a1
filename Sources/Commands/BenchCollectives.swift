internal import ArgumentParser
internal import Session
internal import Studies
internal import Training

/// `parp bench collectives`.
struct BenchCollectives: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collectives",
        abstract:
            "Compare sums over ranks with MPI_Allreduce, and measure how much they slow computation down.",
        discussion: """
            Run it under mpirun. PARP_RANKS_PER_NODE=1 pretends that every rank is a node of its own.

              mpirun -np 2 parp bench collectives
            """)

    @Option(help: "How often each is measured, alternately; medians are reported.")
    var repeats = 9

    @Option(help: "Frames of the simulated backward pass during which gradients are summed.")
    var frames = 500

    @OptionGroup var json: JSONArguments

    func validate() throws {
        guard repeats > 0, frames > 0 else { throw ValidationError("--repeats and --frames must be above 0") }
    }

    func run() {
        launch {
            try runCollectivesBenchmark(
                repeats: repeats, frames: frames, json: json.isAsked, session: $0)
        }
    }
}
