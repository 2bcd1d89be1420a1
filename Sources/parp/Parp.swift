internal import ArgumentParser
internal import Foundation
internal import Training

/// The command: parse, call, print.
///
/// Nothing else.
@main
struct Parp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parp",
        abstract: "Fine-tunes self-supervised speech models into sparse subnetworks, data-parallel over MPI.",
        discussion: """
            PARP (Prune, Adjust and Re-Prune; Lai et al., NeurIPS 2021) prunes a pre-trained wav2vec 2.0, fine-tunes it \
            with every weight free to move, and prunes it again every few updates.

              parp init --preset tiny --output model
              mpirun -np 4 parp train recipe.toml --output runs/first
              parp evaluate --model runs/first/final --data test.jsonl
            """,
        version: parpVersion,
        subcommands: [
            Train.self, Evaluate.self, Transcribe.self, Prune.self, Init.self, Bench.self,
        ])

    /// Parses and runs; a fault of usage ends with 64, and is said by one rank only.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = Parp.exitCode(for: error)
            if isSpeakingRank || code.isSuccess { exit(withError: error) }
            Foundation.exit(code.rawValue)
        }
    }

    /// Whether this process is the first of those a launcher started, before MPI could say so.
    private static var isSpeakingRank: Bool {
        let environment = ProcessInfo.processInfo.environment
        let ranks = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].compactMap { environment[$0] }
        return ranks.first.map { $0 == "0" } ?? true
    }
}
