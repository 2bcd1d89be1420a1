internal import ArgumentParser
internal import Session
internal import Tasks

/// `parp report`.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Write the page of a run, at any time; for several runs, one page with all curves overlaid.",
        discussion: """
            A running, interrupted or killed run is shown up to its latest update. For one run, the page is RUN/report.html, \
            else report.html.
            """)

    @Argument(help: "Run directories.")
    var runs: [String]

    @Option(name: .shortAndLong, help: "The page to write.")
    var output: String?

    func run() { launch { try runReport(runs, output: output, session: $0) } }
}
