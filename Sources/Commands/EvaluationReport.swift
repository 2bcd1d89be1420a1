internal import Foundation
internal import JSON
internal import Program
internal import Speech
internal import Tasks
internal import Text
internal import Training

/// What `parp evaluate` says of a model, perhaps beside another.
struct EvaluationReport {
    private let measured: MeasuredModel
    private let rival: MeasuredModel?
    /// What was said and heard, utterance by utterance.
    let judged: [JudgedUtterance]
    private let words: Compared
    private let characters: Compared

    /// The errors of each unit in one kind of token, and what resamples make of them.
    private struct Compared {
        let interval: ClosedRange<Double>?
        let difference: ErrorBootstrap.Difference?

        init(_ own: [ErrorRate], _ rival: [ErrorRate]?) {
            let bootstrap = ErrorBootstrap(units: own.count)
            interval = bootstrap.interval(own)
            difference = rival.flatMap { bootstrap.difference(own, $0) }
        }
    }

    /// Resamples what was measured.
    ///
    /// - Throws: `UserError` if the models did not hear the same.
    init(_ measured: MeasuredModel, against rival: MeasuredModel?, resampling unit: ResampledUnit) throws {
        self.measured = measured
        self.rival = rival
        judged = measured.judged
        let own = unit.errors(judged)
        let other = rival?.judged
        if let rival, let other, other.map(\.id) != judged.map(\.id) {
            throw UserError(
                .data,
                "\(measured.path) and \(rival.path) can use different utterances of the corpus (\(judged.count) and \(other.count)); a paired comparison needs the same"
            )
        }
        let others = other.map(unit.errors)
        words = Compared(own.words, others?.words)
        characters = Compared(own.characters, others?.characters)
    }

    /// One object, with every transcript.
    var json: String {
        var members = measured.members
        for (name, compared) in [("wer_interval", words), ("cer_interval", characters)] {
            if let interval = compared.interval { members.append(.init(name, Self.json(interval))) }
        }
        if let rival {
            var other = rival.members
            for (name, compared) in [("wer", words), ("cer", characters)] {
                guard let difference = compared.difference else { continue }
                other.append(
                    .init(
                        "\(name)_difference",
                        .object([
                            .init("mean", .number(difference.rate)),
                            .init("interval", Self.json(difference.interval)),
                            .init("share_not_better", .number(difference.shareNotBetter)),
                        ])))
            }
            members.append(.init("against", .object([.init("model", .string(rival.path))] + other)))
        }
        return JSONValue.object(members).line
    }

    private static func json(_ interval: ClosedRange<Double>) -> JSONValue {
        .array([.number(interval.lowerBound), .number(interval.upperBound)])
    }

    /// A table for people.
    var table: String {
        var lines = measured.rows(words: words.interval, characters: characters.interval)
        if let rival {
            lines += ["", "against \(rival.path):"] + rival.rows(words: nil, characters: nil)
            lines += [("WER", words), ("CER", characters)].compactMap { name, compared in
                compared.difference.map { difference in
                    String(
                        format:
                            "%@ less the other's: %+.2f points, 95 %% interval %+.2f to %+.2f; not better in %.1f %% of resamples",
                        name, 100 * difference.rate, 100 * difference.interval.lowerBound,
                        100 * difference.interval.upperBound, 100 * difference.shareNotBetter)
                }
            }
        }
        return lines.joined(separator: "\n")
    }
}

extension MeasuredModel {
    /// What JSON has of it.
    fileprivate var members: [JSONValue.Member] {
        let transcripts = hypotheses.map { hypothesis in
            var members: [JSONValue.Member] = [
                .init("id", .string(checked.dataset.utterances[hypothesis.item].id)),
                .init("reference", .string(checked.dataset.references[hypothesis.item])),
                .init("hypothesis", .string(hypothesis.text)),
            ]
            if !hypothesis.alternatives.isEmpty { members.append(alternatives(hypothesis.alternatives)) }
            return JSONValue.object(members)
        }
        return result.fields.map { JSONValue.Member($0.0, $0.1) } + [
            .init("sparsity", .number(sparsity)), .init("seconds", .number(seconds)),
            .init("left_out", .array(checked.skipped.map(JSONValue.string))),
            .init("transcripts", .array(transcripts)),
        ]
    }

    /// What a table has of it.
    fileprivate func rows(words: ClosedRange<Double>?, characters: ClosedRange<Double>?) -> [String] {
        func row(_ name: String, _ rate: ErrorRate, _ interval: ClosedRange<Double>? = nil) -> String {
            String(
                format: "%@  %7.2f %%   S %d  D %d  I %d  of %d", name, 100 * rate.rate, rate.substitutions,
                rate.deletions, rate.insertions, rate.referenceLength)
                + (interval.map {
                    String(format: "   95 %%: %.2f to %.2f", 100 * $0.lowerBound, 100 * $0.upperBound)
                } ?? "")
        }
        var lines = [row("WER", result.words, words), row("CER", result.characters, characters)]
        for (language, errors) in result.languages.sorted(by: { $0.key < $1.key }) {
            lines += [row("\(language): WER", errors.words), row("\(language): CER", errors.characters)]
        }
        lines.append(
            String(
                format: "loss %@ nats an utterance%@; sparsity %.4f %%; %d utterances, %@ of audio in %@",
                result.lossText(digits: 4), result.infiniteText, 100 * sparsity, result.utterances,
                Progress.duration(result.audioSeconds), Progress.duration(seconds)))
        return lines + checked.skipped.map { "left out: \($0)" }
    }
}
