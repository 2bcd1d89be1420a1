internal import Checkpoints
internal import Models
internal import Program
package import Recipe
package import Session
internal import Speech
internal import Tensors
internal import Text

/// A stored model's outcomes on each example of labelled data, on all ranks of a session; labels and texts
/// are read as the recipe says.
package func outcomes(
    ofModel path: String, on data: String, recipe: Recipe, session: Session
) throws -> ExampleOutcomes {
    switch recipe.task {
    case .classify, .regress: try textOutcomes(path, data, recipe, session)
    case .ctc: try speechOutcomes(path, data, recipe, session)
    case .pretrain:
        throw UserError(.usage, "a model that is only pre-trained cannot be evaluated on labelled data")
    }
}

private func textOutcomes(
    _ path: String, _ data: String, _ recipe: Recipe, _ session: Session
) throws -> ExampleOutcomes {
    let (model, dataset) = try session.together {
        let model = try TextModel.fineTuned(path: path)
        let checker = try TextChecker(
            model: model, maximumTokens: recipe.data.maximumTokens, policy: recipe.data.badUtterances)
        return (model, try checker.check(try TextCorpus(path: data).examples, path: data).dataset)
    }
    let store = ParameterStore(layout: model.network.layout, training: false)
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    var arena = Arena()
    let predictions = try TextEvaluator(model: model.network, rankTokens: recipe.data.rankTokens)
        .predict(dataset, parameters: store.views, session: session, arena: &arena).predictions
    return switch dataset.targets {
    case .classes(let labels):
        .classes(
            count: model.network.configuration.labelCount, labels: labels,
            predictions: predictions.map(\.best))
    case .values(let labels):
        .values(labels: labels.map(Double.init), predictions: predictions.map { Double($0.logits[0]) })
    case .none: throw UserError(.data, "\(data): has no labels to evaluate on")
    }
}

private func speechOutcomes(
    _ path: String, _ data: String, _ recipe: Recipe, _ session: Session
) throws -> ExampleOutcomes {
    let model = try session.together {
        try SpeechModel.fineTuned(path: path, phones: recipe.data.labels == .phones)
    }
    let store = ParameterStore(layout: model.network.layout, training: false)
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    let dataset = try DatasetChecker(
        model: model, labels: recipe.data.labels, preparation: recipe.data.text,
        policy: recipe.data.badUtterances, needsAlignment: false
    ).check(data, session: session).dataset
    var arena = Arena()
    let hypotheses = try Evaluator(
        model: model.network, vocabulary: model.vocabulary, rankSeconds: recipe.data.rankSeconds
    ).evaluate(dataset, parameters: store.views, session: session, arena: &arena).hypotheses
    var (words, characters): ([ErrorRate], [ErrorRate]) = ([], [])
    for hypothesis in hypotheses {
        let reference = dataset.references[hypothesis.item]
        var (word, character) = (ErrorRate(), ErrorRate())
        word.addWords(reference: reference, hypothesis: hypothesis.text)
        character.addCharacters(reference: reference, hypothesis: hypothesis.text)
        words.append(word)
        characters.append(character)
    }
    return .errors(words: words, characters: characters)
}
