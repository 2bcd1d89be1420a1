/// A tokenizer's settings besides its vocabulary, from `tokenizer_config.json`; needed if there is no
/// `tokenizer.json`.
public struct TokenizerConfiguration: Sendable {
    /// The role of a special token; named as in the file, in the order in which transformers adds them.
    public enum Role: String, Sendable, CaseIterable {
        case begin = "bos_token"
        case end = "eos_token"
        case unknown = "unk_token"
        case separator = "sep_token"
        case padding = "pad_token"
        case classification = "cls_token"
        case mask = "mask_token"
    }

    /// Whether the text is lower-cased.
    public var lowercases: Bool
    /// Whether BERT's tokenizer strips accents; nil follows `lowercases`.
    public var stripsAccents: Bool?
    /// Whether Chinese characters are words of their own to BERT's tokenizer.
    public var separatesChinese = true
    /// The token of each role that the tokenizer has.
    public var special: [Role: AddedToken]
    /// Further tokens found in the text itself.
    public var additional: [AddedToken] = []

    /// The presets of transformers' `BertTokenizer`.
    public static let bert = Self(
        lowercases: true,
        special: [
            .unknown: AddedToken("[UNK]"), .separator: AddedToken("[SEP]"), .padding: AddedToken("[PAD]"),
            .classification: AddedToken("[CLS]"), .mask: AddedToken("[MASK]"),
        ])

    /// The presets of transformers' `XLNetTokenizer`.
    public static let xlnet = Self(
        lowercases: false,
        special: [
            .begin: AddedToken("<s>"), .end: AddedToken("</s>"), .unknown: AddedToken("<unk>"),
            .separator: AddedToken("<sep>"), .padding: AddedToken("<pad>"),
            .classification: AddedToken("<cls>"), .mask: AddedToken("<mask>", stripsLeft: true),
        ])

    /// The special tokens in transformers' order.
    var specialTokens: [AddedToken] { Role.allCases.compactMap { special[$0] } }

    /// The text of a role's token.
    func text(_ role: Role) throws(TextError) -> String {
        guard let token = special[role] else { throw TextError("the tokenizer has no \(role.rawValue)") }
        return token.content
    }
}
