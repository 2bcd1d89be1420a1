package import JSON
package import Text

extension EvaluationResult {
    /// The fields of an `eval` event.
    package var fields: [(String, JSONValue)] {
        [
            ("wer", .number(words.rate)), ("cer", .number(characters.rate)), ("loss", .number(meanLoss)),
            ("words", words.json), ("characters", characters.json), ("utterances", .integer(utterances)),
            ("audio_seconds", .number(audioSeconds)), ("infinite_losses", .integer(infiniteLosses)),
        ]
            + (characters.referenceLength > 0
                ? [
                    (
                        "loss_per_character",
                        .number(meanLoss * Double(utterances) / Double(characters.referenceLength))
                    )
                ]
                : []) + (languages.isEmpty ? [] : [("languages", languageObject)]) + (searched?.fields ?? [])
    }

    private var languageObject: JSONValue {
        .object(
            languages.sorted { $0.key < $1.key }.map { language, errors in
                .init(
                    language,
                    .object([
                        .init("wer", .number(errors.words.rate)),
                        .init("cer", .number(errors.characters.rate)),
                        .init("words", errors.words.json), .init("characters", errors.characters.json),
                        .init("utterances", .integer(errors.utterances)),
                    ]))
            })
    }
}

extension ErrorRate {
    /// The counts as an object.
    package var json: JSONValue {
        .object([
            .init("substitutions", .integer(substitutions)), .init("deletions", .integer(deletions)),
            .init("insertions", .integer(insertions)), .init("correct", .integer(correct)),
            .init("reference", .integer(referenceLength)),
        ])
    }
}
