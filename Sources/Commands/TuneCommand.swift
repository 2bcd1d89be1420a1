internal import Checkpoints
internal import Decoding
internal import Foundation
internal import JSON
internal import Program
internal import Session
internal import Tasks
internal import Tensors
internal import Text

/// Recognises a development set with many pairs of language model weights, prints them all, and reports the
/// best; if the language model is the directory's own, the best are written there.
///
/// With --json all of it is one line.
func runTuning(
    _ options: Evaluate, _ model: SpeechModel, _ dataset: SpeechDataset, _ decoder: BeamDecoder?,
    parameters: ParameterViews, arena: inout Arena, session: Session
) throws {
    guard let decoder, decoder.language.hasModel else {
        throw CollectiveFailure(
            .usage,
            "--tune searches a language model's weights: name one with --lm, or attach one to the model")
    }
    var tuner = DecodingTuner(columns: model.vocabulary.size)
    var evaluator = Evaluator(
        model: model.network, vocabulary: model.vocabulary, rankSeconds: options.rankSeconds)
    evaluator.recognizer = { item, logits in
        tuner.add(logits, reference: dataset.references[item])
        return nil
    }
    let (greedy, _) = try evaluator.evaluate(dataset, parameters: parameters, session: session, arena: &arena)
    let ceiling = greedy.characters.rate
    let (best, trials) = try tuner.run(decoder, ceiling: ceiling, session: session)
    try session.together {
        guard session.isRoot else { return }
        var file: String?
        if options.decoding.lm == nil, var processor = try ProcessorWithLM(of: model) {
            processor.attributes.alpha = best.alpha
            processor.attributes.beta = best.beta
            try ProcessorWithLM.writeAttributes(processor.attributes, to: processor.attributesFile)
            file = processor.attributesFile
        }
        guard !options.json else {
            var members = best.members
            members.append(
                .init(
                    "without",
                    .object([.init("wer", .number(greedy.words.rate)), .init("cer", .number(ceiling))])))
            members.append(.init("trials", .array(trials.map { .object($0.members) })))
            if let file { members.append(.init("written", .string(file))) }
            print(JSONValue.object(members).line)
            return
        }
        print(
            String(
                format: "without a language model: WER %.2f %%, CER %.2f %%", 100 * greedy.words.rate,
                100 * ceiling))
        print(DecodingTuner.table(trials, best: best, ceiling: ceiling))
        print(file.map { "written to \($0)" } ?? "use them with: --alpha \(best.alpha) --beta \(best.beta)")
    }
}

extension DecodingTuner.Trial {
    fileprivate var members: [JSONValue.Member] {
        // As they are printed: a float's value in binary has digits that nobody chose.
        func weight(_ value: Float) -> JSONValue { .number(Double(String(value)) ?? Double(value)) }
        return [
            .init("alpha", weight(alpha)), .init("beta", weight(beta)), .init("wer", .number(words.rate)),
            .init("cer", .number(characters.rate)),
        ]
    }
}
