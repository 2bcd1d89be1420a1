internal import Checkpoints
internal import Foundation
internal import Models
internal import Program
package import Recipe
package import Text

/// The result of checking a corpus of texts.
package struct TextCheck: Sendable {
    /// The usable examples.
    package let dataset: TextDataset
    /// Why others were left out, one sentence each.
    package let skipped: [String]

    /// The number of truncated examples.
    package var cutExamples: Int { dataset.encoded.count { $0.cutTokens > 0 } }
    /// The number of truncated tokens.
    package var cutTokens: Int { dataset.encoded.reduce(0) { $0 + $1.cutTokens } }

    /// Lines that describe the set.
    package func announcement(_ name: String) -> [String] {
        let count = dataset.examples.count
        let first = String(
            format: "%@: %d examples, %d tokens, %.1f on average%@%@", name, count, dataset.totalTokens,
            Double(dataset.totalTokens) / Double(max(1, count)),
            cutExamples > 0
                ? ", \(cutTokens) more truncated from \(cutExamples) examples (data.max_tokens)" : "",
            skipped.isEmpty ? "" : ", \(skipped.count) left out:")
        return [first] + skipped.map { "  \($0)" }
    }
}

/// Tokenizes the texts of a corpus and looks up its labels, so that nothing surprises a running run.
package struct TextChecker {
    let model: TextModel
    /// Tokens to truncate an example to; 0 truncates nothing.
    let maximumTokens: Int
    let policy: BadUtterances
    /// Whether examples must have labels.
    let needsLabels: Bool
    /// What this command's user can do about unusable examples.
    let remedy: String
    /// The name of the token limit for this command's user.
    let limitName: String

    /// A check for a model.
    package init(
        model: TextModel, maximumTokens: Int, policy: BadUtterances, needsLabels: Bool = true,
        remedy: String = "Fix them, or leave them out with data.bad_utterances = \"skip\".",
        limitName: String = "data.max_tokens"
    ) throws {
        if let limit = model.maximumTokens, maximumTokens > limit {
            throw UserError(
                .usage,
                "\(limitName) is \(maximumTokens), but \(model.source.path) has \(limit) positions; use \(limit) or less"
            )
        }
        self.model = model
        self.maximumTokens = maximumTokens
        self.policy = policy
        self.needsLabels = needsLabels
        self.remedy = remedy
        self.limitName = limitName
    }

    /// Checks examples.
    ///
    /// - Throws: If the policy is to refuse, all unusable examples.
    package func check(_ examples: [TextExample], path: String) throws -> TextCheck {
        var usable: [TextExample] = []
        var encoded: [EncodedText] = []
        var faults: [String] = []
        for example in examples {
            let text = model.tokenizer.encode(
                example.text, pair: example.textPair, maximumTokens: maximumTokens > 0 ? maximumTokens : nil)
            if let fault = fault(example, text) {
                faults.append("\(example.origin): \(fault)")
            } else {
                usable.append(example)
                encoded.append(text)
            }
        }
        guard faults.isEmpty || policy == .skip else {
            let shown =
                faults.prefix(20).map { "  " + $0 }
                + (faults.count > 20 ? ["  and \(faults.count - 20) more"] : [])
            throw UserError(
                .data,
                "\(path): \(faults.count) of \(examples.count) examples cannot be used:\n"
                    + shown.joined(separator: "\n") + "\n\(remedy)")
        }
        guard !usable.isEmpty else {
            throw UserError(.data, "\(path): none of its \(examples.count) examples can be used")
        }
        return TextCheck(
            dataset: TextDataset(examples: usable, encoded: encoded, targets: targets(usable)),
            skipped: faults)
    }

    /// What is wrong with an example, or nil.
    private func fault(_ example: TextExample, _ text: EncodedText) -> String? {
        let texts = [example.text] + (example.textPair.map { [$0] } ?? [])
        if texts.contains(where: { $0.allSatisfy(\.isWhitespace) }) { return "an empty text" }
        if let limit = model.maximumTokens, text.ids.count > limit {
            return
                "\(text.ids.count) tokens where the model has \(limit) positions; truncate them with \(limitName)"
        }
        if let segments = model.network.configuration.segmentCount,
            text.types.contains(where: { $0 >= segments })
        {
            return "a pair of texts, but the model knows one segment"
        }
        guard needsLabels else { return nil }
        guard let label = example.label else { return "no label" }
        switch model.objective {
        case .classes(let labels):
            guard labels.index(of: label) == nil else { return nil }
            return "the label \"\(label)\" is none of \(labels.names.prefix(20).joined(separator: ", "))"
        case .value: return example.number == nil ? "\"\(label)\" is no number" : nil
        }
    }

    private func targets(_ examples: [TextExample]) -> TextDataset.Targets {
        guard needsLabels else { return .none }
        return switch model.objective {
        case .classes(let labels): .classes(examples.compactMap { $0.label.flatMap(labels.index) })
        case .value: .values(examples.compactMap { $0.number.map(Float.init) })
        }
    }
}
