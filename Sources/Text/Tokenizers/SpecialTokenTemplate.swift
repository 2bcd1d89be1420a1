/// The positions of special tokens around a text or a pair of texts, and the token types: BERT's `[CLS] A
/// [SEP] B [SEP]`, XLNet's `A <sep> B <sep> <cls>`.
public struct SpecialTokenTemplate: Sendable, Equatable {
    /// A part of a model's input.
    public enum Part: Sendable, Equatable {
        /// The first text.
        case first(type: Int)
        /// The second text.
        case second(type: Int)
        /// Special tokens.
        case tokens([Int], type: Int)
    }

    /// Around one text.
    public let single: [Part]
    /// Around a pair.
    public let pair: [Part]

    /// A template of these parts.
    ///
    /// - Throws: `TextError` unless `single` contains only the first text, once, and `pair` each text once.
    public init(single: [Part], pair: [Part]) throws(TextError) {
        func count(_ parts: [Part], second: Bool) -> Int {
            parts.count {
                switch $0 {
                case .first: !second
                case .second: second
                case .tokens: false
                }
            }
        }
        guard count(single, second: false) == 1, count(single, second: true) == 0,
            count(pair, second: false) == 1, count(pair, second: true) == 1
        else {
            throw TextError("the tokenizer's template does not contain each text once")
        }
        self.single = single
        self.pair = pair
    }

    /// No special tokens: types 0 and 1.
    public static let none = Self(
        checkedSingle: [.first(type: 0)], pair: [.first(type: 0), .second(type: 1)])

    /// BERT's.
    public static func bert(classification: Int, separator: Int) -> Self {
        let head: [Part] = [
            .tokens([classification], type: 0), .first(type: 0), .tokens([separator], type: 0),
        ]
        return Self(
            checkedSingle: head, pair: head + [.second(type: 1), .tokens([separator], type: 1)])
    }

    /// XLNet's, with the classifying token at the end.
    public static func xlnet(classification: Int, separator: Int) -> Self {
        let head: [Part] = [.first(type: 0), .tokens([separator], type: 0)]
        let tail: [Part] = [.tokens([classification], type: 2)]
        return Self(
            checkedSingle: head + tail,
            pair: head + [.second(type: 1), .tokens([separator], type: 1)] + tail)
    }

    private init(checkedSingle single: [Part], pair: [Part]) {
        self.single = single
        self.pair = pair
    }

    /// The number of special tokens around one text or a pair.
    public func specialTokenCount(isPair: Bool) -> Int { Self.specialTokens(isPair ? pair : single).count }

    /// The special tokens' ids, for which a model needs rows.
    var tokens: [Int] { Self.specialTokens(single) + Self.specialTokens(pair) }

    private static func specialTokens(_ parts: [Part]) -> [Int] {
        parts.flatMap { part -> [Int] in
            guard case .tokens(let ids, _) = part else { return [] }
            return ids
        }
    }
}
