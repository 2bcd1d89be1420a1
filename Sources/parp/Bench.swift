internal import ArgumentParser

/// `parp bench`.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure parts of the program on this machine.", subcommands: [BenchCollectives.self])
}
