internal import Foundation
internal import JSON
internal import Program
internal import Reports
internal import Speech
internal import Tasks
internal import Text
internal import Training

/// What `parp evaluate` reports about a model, optionally compared with another.
struct EvaluationReport {
    private let measured: MeasuredModel
    private let rival: MeasuredModel?
    /// References and hypotheses, utterance by utterance.
    let judged: [JudgedUtterance]
    private let words: Compared
    private let characters: Compared

    /// An error rate's interval, and its difference from the other model's.
    private struct Compared {
        let interval: ClosedRange<Double>?
        let difference: PairedDifference?

        init(_ own: [ErrorRate], _ rival: [ErrorRate]?) {
            interval = Tasks.interval(of: own)
            difference = rival.flatMap { Tasks.difference(of: own, $0) }
        }
    }

    /// Resamples what was measured.
    ///
    /// - Throws: `UserError` if the models did not use the same utterances.
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
                var found = [JSONValue.Member("difference", .number(difference.value))]
                if let interval = difference.interval { found.append(.init("interval", Self.json(interval))) }
                found.append(.init("is_clear", .boolean(difference.isClear)))
                other.append(.init("\(name)_difference", .object(found)))
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
        var lines = measured.lines(words: words.interval, characters: characters.interval)
        guard let rival else { return lines.joined(separator: "\n") }
        lines += ["", "against \(rival.path):"] + rival.lines(words: nil, characters: nil) + [""]
        for (name, compared) in [("WER", words), ("CER", characters)] {
            guard let difference = compared.difference else { continue }
            var line = String(format: "%@ less the other's: %+.2f points", name, 100 * difference.value)
            if let interval = difference.interval {
                line += String(
                    format: ", 95 %% interval %+.2f to %+.2f", 100 * interval.lowerBound,
                    100 * interval.upperBound)
            }
            lines.append(line + (difference.isClear ? "" : ": it may be chance"))
        }
        return lines.joined(separator: "\n")
    }
}

extension MeasuredModel {
    /// Its members in JSON.
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

    /// Its lines in a table.
    fileprivate func lines(words: ClosedRange<Double>?, characters: ClosedRange<Double>?) -> [String] {
        func row(_ name: String, _ rate: ErrorRate, _ interval: ClosedRange<Double>? = nil) -> [String] {
            [
                name, String(format: "%.2f %%", 100 * rate.rate), "S \(rate.substitutions)",
                "D \(rate.deletions)", "I \(rate.insertions)", "of \(rate.referenceLength)",
                interval.map {
                    String(format: "95 %%: %.2f to %.2f", 100 * $0.lowerBound, 100 * $0.upperBound)
                } ?? "",
            ]
        }
        let languages = result.languages.sorted { $0.key < $1.key }.flatMap { language, errors in
            [row("\(language): WER", errors.words), row("\(language): CER", errors.characters)]
        }
        let table = TextTable(
            [.left("")] + (1...5).map { _ in .right("") } + [.left("")],
            rows: [row("WER", result.words, words), row("CER", result.characters, characters)] + languages)
        let summary = String(
            format: "loss %@ nats an utterance%@; sparsity %.4f %%; %d utterances, %@ of audio in %@",
            result.lossText(digits: 4), result.infiniteText, 100 * sparsity, result.utterances,
            Progress.duration(result.audioSeconds), Progress.duration(seconds))
        return table.lines + [summary] + checked.skipped.map { "left out: \($0)" }
    }
}
