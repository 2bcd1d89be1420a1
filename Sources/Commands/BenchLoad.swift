internal import ArgumentParser
internal import Session
internal import Studies
internal import Training

/// `parp bench load`.
struct BenchLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Measure how long a stored model takes to load.")

    @Option(help: "A model directory, a pack or a fairseq checkpoint.")
    var model: String

    @Option(help: "How often it is loaded; the median is reported.")
    var repeats = 5

    @OptionGroup var json: JSONArguments

    func validate() throws {
        guard repeats > 0 else { throw ValidationError("--repeats must be above 0") }
    }

    func run() {
        launch { try runLoadBenchmark(model: model, repeats: repeats, json: json.isAsked, session: $0) }
    }
}
