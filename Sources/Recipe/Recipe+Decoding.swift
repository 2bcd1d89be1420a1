package import Decoding

extension Recipe {
    /// How evaluations search for text, beside the likeliest token of each frame; nothing that is learnt depends on it.
    package struct Decoding: Sendable, Equatable {
        package var decoder = Automatic<DecoderKind>.automatic
        package var every = 1
        package var languageModel = ""
        package var unit = LanguageUnit.word
        package var alpha = 0.5
        package var beta = 1.5
        package var width = 100
        package var lexicon = ""
        package var unknownWords = UnknownWords.penalized(-10)
        package var hotwords: [String] = []
        package var hotwordWeight = 10.0
    }
}

extension Recipe.Decoding {
    /// Whether texts are searched.
    package var searches: Bool { decoder.stated.map { $0 == .beam } ?? needsSearch }

    /// Whether something is named that the likeliest tokens have no use for.
    private var needsSearch: Bool { !languageModel.isEmpty || !lexicon.isEmpty || !hotwords.isEmpty }

    /// The files that are named.
    package var files: [String] {
        [languageModel, lexicon].filter { !$0.isEmpty }
            + hotwords.filter { $0.hasPrefix("@") }.map { String($0.dropFirst()) }
    }

    /// What is wrong with keys that do not go with each other.
    var faults: [String] {
        var faults: [String] = []
        let usual = Recipe.Decoding()
        func say(_ key: String, _ value: String, _ reason: String) {
            faults.append("decoding.\(key) is \(value), but \(reason)")
        }
        if decoder.stated == .greedy, needsSearch {
            say(
                "decoder", "\"greedy\"",
                "a language model, a lexicon or hotwords are named, which it has no use for: it must be \"beam\""
            )
        }
        if languageModel.isEmpty {
            let none = "decoding.lm names no language model"
            if unit != usual.unit { say("lm_unit", unit.recipeValue.toml, none) }
            if alpha != usual.alpha { say("alpha", alpha.recipeValue.toml, none + " to be weighed") }
            if lexicon.isEmpty, unknownWords != usual.unknownWords {
                say(
                    "unknown_words", unknownWords.recipeValue.toml,
                    "neither decoding.lm nor decoding.lexicon says which words are known")
            }
        }
        if hotwords.isEmpty, hotwordWeight != usual.hotwordWeight {
            say("hotword_weight", hotwordWeight.recipeValue.toml, "decoding.hotwords has none")
        }
        if !searches {
            if width != usual.width { say("beam", width.recipeValue.toml, "nothing is searched") }
            if every != usual.every { say("every", every.recipeValue.toml, "nothing is searched") }
        }
        return faults
    }
}

extension Recipe {
    /// Whether the evaluation after so many updates is one of those that search, too.
    ///
    /// - Parameter isLast: Whether it may be the last of the run.
    package func searches(afterUpdates update: Int, isLast: Bool) -> Bool {
        guard decoding.searches else { return false }
        let (every, interval) = (decoding.every, evaluation.everyUpdates)
        return isLast || every > 0 && interval > 0 && update / interval % every == 0
    }
}

extension RecipeKey {
    /// The keys of decoding.
    static let decodingKeys: [RecipeKey] = [
        key(
            "decoder", \.decoding.decoder,
            "How evaluations find text: greedy, by the likeliest token of each frame; beam, by a search over texts as "
                + "well, whose error rates stand beside greedy ones. `auto` is beam where a language model, a lexicon or "
                + "hotwords are named. What is best is chosen by greedy error rates."),
        key(
            "every", \.decoding.every,
            "Of the evaluations, each how-manieth searches: 1 all, 0 the last alone. The last always does.",
            must: "be 0 or more"
        ) { $0 >= 0 },
        key(
            "lm", \.decoding.languageModel,
            "A language model, of any format that `parp lm` reads; empty searches without one."),
        key("lm_unit", \.decoding.unit, "What its n-grams are made of."),
        key("alpha", \.decoding.alpha, "Its weight.", must: "be from 0 to 100") { (0...100).contains($0) },
        key("beta", \.decoding.beta, "What each word adds.", must: "be from -100 to 100") {
            (-100...100).contains($0)
        },
        key("beam", \.decoding.width, "The most beams that are kept.", must: "be from 1 to 100000") {
            (1...100_000).contains($0)
        },
        key("lexicon", \.decoding.lexicon, "A lexicon: a word a line, perhaps with its tokens behind it."),
        key(
            "unknown_words", \.decoding.unknownWords,
            "What becomes of words that lexicon and language model have not: scored, forbidden, or a penalty in decimal "
                + "logarithms."),
        key("hotwords", \.decoding.hotwords, "Words and phrases to prefer, and @FILE with one a line."),
        key(
            "hotword_weight", \.decoding.hotwordWeight, "What a hotword adds.", must: "be from -1000 to 1000"
        ) { (-1000...1000).contains($0) },
    ]

    private static func key<Value: RecipeConvertible>(
        _ name: String, _ field: any WritableKeyPath<Recipe, Value> & Sendable, _ meaning: String,
        must rule: String = "", when isValid: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) -> RecipeKey {
        RecipeKey(
            "decoding", name, field, meaning, of: [.ctc], changes: .nothing, must: rule, when: isValid)
    }
}

extension DecoderKind: RecipeChoice {}
extension LanguageUnit: RecipeChoice {}

extension UnknownWords: RecipeConvertible {
    package static var expectation: String { "\"scored\", \"forbidden\", or a number that is not above 0" }

    package init?(_ value: RecipeValue) {
        switch value {
        case .string(let word) where word == "scored" || word == "forbidden": self.init(word)
        case .integer(let number): self.init(String(number))
        case .number(let number): self.init(String(number))
        default: return nil
        }
    }

    package var recipeValue: RecipeValue {
        switch self {
        case .scored: .string("scored")
        case .forbidden: .string("forbidden")
        case .penalized(let penalty): .number(Double("\(penalty)") ?? Double(penalty))
        }
    }
}
