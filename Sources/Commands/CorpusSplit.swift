internal import ArgumentParser
internal import Recipe
internal import Session
internal import Training

/// `parp corpus split`.
struct CorpusSplitter: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Draw train, valid and test manifests that share no text, the same everywhere for a seed.",
        discussion: """
            With the same seed, a larger train part contains the smaller one and is tested on the same utterances. \
            A part takes an utterance of each speaker in turn. For labelled texts, --valid-share and --test-share say how much \
            is set aside, by a hash of each text.
            """)

    @OptionGroup var corpus: CorpusArguments

    @Option(help: "Minutes to train on; by default all that is left.")
    var minutes: Double?

    @Option(help: "Hours to train on, instead of --minutes.")
    var hours: Double?

    @Option(help: "Minutes to validate on.")
    var validMinutes = 0.0

    @Option(help: "Minutes to test on.")
    var testMinutes = 0.0

    @Option(help: "For labelled texts: the share to validate on, such as 0.1.")
    var validShare = 0.0

    @Option(help: "For labelled texts: the share to test on.")
    var testShare = 0.0

    @Option(
        help: "What no two parts may share: text, or speaker (neither a text nor a speaker).")
    var by = CorpusSeparation.text

    @Option(help: "The seed of the draw.")
    var seed = 1

    @Option(help: "The folder to write.")
    var output: String

    @Option(help: "Paths of the recordings: absolute, or relative to the manifests' folder.")
    var paths = AudioPaths.absolute

    func validate() throws {
        guard validShare >= 0, testShare >= 0, validShare + testShare < 1 else {
            throw ValidationError("--valid-share and --test-share must leave something to train on")
        }
        guard minutes == nil || hours == nil else {
            throw ValidationError("--minutes and --hours both say how much to train on; give one of them")
        }
        let amounts = [minutes, hours, validMinutes, testMinutes].compactMap { $0 }
        guard amounts.allSatisfy({ $0 >= 0 && $0 < 1e9 }), minutes != 0, hours != 0, seed >= 0 else {
            throw ValidationError("minutes and hours must be above 0, and the seed not negative")
        }
    }

    /// Minutes to train on; nil is all that is left.
    var trainMinutes: Double? { minutes ?? hours.map { $0 * 60 } }

    func run() { launch { try runCorpusSplit(self, session: $0) } }
}

extension CorpusSeparation: ExpressibleByArgument {}
