internal import ArgumentParser
internal import Session
internal import Tasks

/// `parp report`.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Write the page of a run, at any time; of several, one page with their curves over each other.",
        discussion: """
            A run that goes on, was interrupted or killed is shown as far as it has come. Of one run, RUN/report.html is \
            written, else report.html.
            """)

    @Argument(help: "Run directories.")
    var runs: [String]

    @Option(name: .shortAndLong, help: "The page to write.")
    var output: String?

    func run() { launch { try runReport(runs, output: output, session: $0) } }
}
