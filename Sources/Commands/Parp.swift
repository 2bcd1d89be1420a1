internal import ArgumentParser
internal import Foundation
internal import Preflight
internal import Program
internal import Recipe
internal import Session
internal import Tasks
internal import Training

/// The command: parse, call, print.
///
/// Nothing else.
struct Parp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parp",
        abstract:
            "Fine-tunes self-supervised models of speech and text into sparse subnetworks, data-parallel over MPI.",
        discussion: """
            PARP (Prune, Adjust and Re-Prune; Lai et al., NeurIPS 2021) prunes a pre-trained wav2vec 2.0, fine-tunes it \
            with every weight free to move, and prunes it again every few updates.

              parp corpus split speech.csv --minutes 10 --valid-minutes 2 --test-minutes 2 --output split
              parp new split --model wav2vec2-base --output first.toml
              parp plan first.toml --ranks 2
              mpirun -np 2 parp train first.toml --output runs/first
              parp evaluate --model runs/first/final --data split/test.jsonl
            """,
        version: parpVersion,
        subcommands: [
            Train.self, Pretrain.self, Evaluate.self, Transcribe.self, Align.self, Classify.self,
            Tokenize.self,
            Prune.self, Mask.self, Compare.self, Convert.self, Pack.self, Unpack.self, Init.self, Corpus.self,
            LanguageModel.self, Scale.self, New.self, Report.self, RecipeReference.self, Plan.self,
            Doctor.self,
            Bench.self,
        ])

    /// Parses and runs.
    static func main() {
        secureStandardStreams()
        // First of all: a signal before a run has started must end it as a later one does.
        let words = CommandLine.arguments.dropFirst().prefix(2)
        if let command = words.first, ["train", "pretrain", "compare", "evaluate"].contains(command) {
            outliveReaders()
            Interruption.watch()
        } else if words == ["scale", "run"] {
            outliveReaders()
            Interruption.watchForChildren()
        } else {
            Interruption.unblock()
        }
        do {
            try refuseUnknownVerb(CommandLine.arguments.dropFirst())
            var command = try parseAsRoot()
            try command.run()
        } catch let error as UserError {
            launch { session in try session.together { throw error } }
        } catch {
            guard exitCode(for: error).isSuccess else { refuse(error) }
            // Help: the same on every rank, so one prints it.
            if isSpeakingRank { exit(withError: error) }
            Foundation.exit(0)
        }
    }

    /// Names of the commands in other programs.
    private static let aliases = [
        "finetune": "train", "fine-tune": "train", "fit": "train", "pre-train": "pretrain",
        "eval": "evaluate",
        "test": "evaluate", "validate": "evaluate", "score": "evaluate", "infer": "transcribe",
        "predict": "transcribe", "decode": "transcribe", "recognize": "transcribe", "sparsify": "prune",
        "export": "convert", "benchmark": "bench", "config": "recipe", "check": "doctor",
        "lm": "language-model",
    ]

    /// Refuses an unknown command, suggesting the nearest one.
    static func refuseUnknownVerb(_ words: some Sequence<String>) throws {
        var (commands, verb): ([any ParsableCommand.Type], String) = (configuration.subcommands, "parp")
        for word in words where !commands.isEmpty {
            if word.hasPrefix("-") || word == "help" { return }
            guard let command = commands.first(where: { $0._commandName == word }) else {
                let names = commands.map { $0._commandName }
                let near = suggestion(for: word, among: names, aliases: aliases)
                throw UserError(
                    .usage,
                    "`\(verb)` has no command `\(word)`; "
                        + (near.map { "did you mean `\(verb) \($0)`?" }
                            ?? "there are \(names.joined(separator: ", "))"))
            }
            (commands, verb) = (command.configuration.subcommands, "\(verb) \(word)")
        }
    }

    /// Reports what is wrong with the command line, once, and ends all ranks with 64.
    ///
    /// They synchronise first: a rank that left on its own would make the launcher kill the one that reports.
    private static func refuse(_ error: any Error) -> Never {
        let text = fullMessage(for: error)
        let said = text.hasPrefix("Error: ") ? String(text.dropFirst("Error: ".count)) : text
        let (head, tail) = (said.prefix { $0 != "\n" }, said.drop { $0 != "\n" })
        let sentence = head + optionHint(said) + tail
        launch { session in
            try session.together { throw UserError(.usage, String(sentence)) }
        }
    }

    /// Whether this is the launcher's first process, known before MPI starts.
    private static var isSpeakingRank: Bool {
        let environment = ProcessInfo.processInfo.environment
        let ranks = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].compactMap { environment[$0] }
        return ranks.first.map { $0 == "0" } ?? true
    }
}

/// Runs the command line, and ends the process.
package func runCommandLine() { Parp.main() }
