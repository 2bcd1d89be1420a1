public import JSON

extension TokenizerConfiguration {
    /// The settings of a `tokenizer_config.json`, over presets.
    ///
    /// - Throws: `TextError` if a value has the wrong type, or tokens are added that only a `tokenizer.json` can
    ///   place.
    public init(_ json: JSONValue, over preset: TokenizerConfiguration) throws(TextError) {
        let file = TokenizerField(json, "tokenizer_config.json")
        self = preset
        lowercases = try file.boolean("do_lower_case", default: preset.lowercases)
        stripsAccents = try file.optional("strip_accents")?.boolean()
        separatesChinese = try file.boolean("tokenize_chinese_chars", default: true)
        for role in Role.allCases {
            guard let field = try file.optional(role.rawValue) else { continue }
            special[role] = try Self.token(field, over: preset.special[role])
        }
        for field in try file.optional("additional_special_tokens")?.array() ?? [] {
            additional.append(try Self.token(field, over: nil))
        }
        try refuseUnknownTokens(file)
    }

    /// A token written as its text, or as an object with flags.
    private static func token(_ field: TokenizerField, over preset: AddedToken?) throws(TextError)
        -> AddedToken
    {
        if case .object = field.value { return try AddedToken(field) }
        var token = preset ?? AddedToken("")
        token.content = try field.string()
        return token
    }

    /// Refuses tokens that were added to a vocabulary: their ids are not in it.
    private func refuseUnknownTokens(_ file: TokenizerField) throws(TextError) {
        let known = Set((specialTokens + additional).map { Array($0.content.utf8) })
        let added = try file.optional("added_tokens_decoder")
        for member in added?.value.members ?? [] {
            let content = try TokenizerField(member.value, "added token \(member.key)")["content"].string()
            guard known.contains(Array(content.utf8)) else {
                throw TextError(
                    "tokenizer_config.json adds the token \"\(content)\", and there is no tokenizer.json: write one "
                        + "with transformers' save_pretrained")
            }
        }
    }
}
