internal import ArgumentParser
internal import Session
internal import Studies
internal import Training

/// `parp bench collectives`.
struct BenchCollectives: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collectives",
        abstract:
            "Compare sums over ranks with MPI_Allreduce, and what they cost the computation beside them.",
        discussion: """
            Run it under mpirun. PARP_RANKS_PER_NODE=1 pretends that every rank is a node of its own.

              mpirun -np 2 parp bench collectives
            """)

    @Option(help: "How often each thing is measured, by turns; medians are told.")
    var repeats = 9

    @Option(help: "Frames of the pretended backward pass beside which gradients are summed.")
    var frames = 500

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard repeats > 0, frames > 0 else { throw ValidationError("--repeats and --frames must be above 0") }
    }

    func run() {
        let options = CollectivesBenchmarkOptions(repeats: repeats, frames: frames, json: json)
        launch { try runCollectivesBenchmark(options, session: $0) }
    }
}
