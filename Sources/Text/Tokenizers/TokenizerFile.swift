public import JSON

extension Tokenizer {
    /// The tokenizer of a `tokenizer.json` from Hugging Face's `tokenizers`.
    ///
    /// Its truncation and padding are not applied, only reported in `unapplied`.
    ///
    /// - Throws: `TextError` that names the part of the file that is missing, broken or unknown.
    public init(tokenizerFile json: JSONValue) throws(TextError) {
        let file = TokenizerField(json, "tokenizer.json")
        if let version = try file.optional("version")?.string(), version != "1.0" {
            throw TextError("tokenizer.json has version \"\(version)\"; 1.0 is read")
        }
        let (model, pieces) = try TokenizerModel.read(file["model"])
        let added = try (file.optional("added_tokens")?.array() ?? []).map { (token) throws(TextError) in
            try AddedToken(token)
        }
        let processor = try file.optional("post_processor")
        try self.init(
            model: model, pieces: pieces,
            normalizer: file.optional("normalizer").map { (field) throws(TextError) in
                try Normalizer(field)
            },
            preTokenizer: file.optional("pre_tokenizer").map { (field) throws(TextError) in
                try PreTokenizer(field)
            },
            addedTokens: added
        ) { _ throws(TextError) in
            guard let processor else { return .none }
            return try SpecialTokenTemplate(processor)
        }
        unapplied = Unapplied(
            truncation: try file.optional("truncation")?["max_length"].id(),
            padding: try file.optional("padding") != nil)
    }
}

/// A value in a tokenizer's file with its path, for errors.
struct TokenizerField {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, _ path: String) {
        self.value = value
        self.path = path
    }

    func fault(_ sentence: String) -> TextError { TextError("\(path) \(sentence)") }

    /// A required member.
    subscript(key: String) -> TokenizerField {
        get throws(TextError) {
            guard let member = try optional(key) else { throw fault("has no \"\(key)\"") }
            return member
        }
    }

    /// A member; nil if missing or null.
    func optional(_ key: String) throws(TextError) -> TokenizerField? {
        guard case .object = value else { throw fault("is no object") }
        guard let member = value[key], member != .null else { return nil }
        return TokenizerField(member, "\(path): \(key)")
    }

    func string() throws(TextError) -> String {
        guard let string = value.string else { throw fault("is no string") }
        return string
    }

    func boolean() throws(TextError) -> Bool {
        guard let boolean = value.boolean else { throw fault("is neither true nor false") }
        return boolean
    }

    /// A boolean member; the library's default if missing.
    func boolean(_ key: String, default preset: Bool) throws(TextError) -> Bool {
        try optional(key)?.boolean() ?? preset
    }

    /// A number of an id: whole, not negative, below 2³¹.
    func id() throws(TextError) -> Int {
        guard let integer = value.integer, (0..<Int(Int32.max)).contains(integer) else {
            throw fault("is no id, which is a whole number from 0")
        }
        return integer
    }

    func array() throws(TextError) -> [TokenizerField] {
        guard let elements = value.elements else { throw fault("is no array") }
        return elements.enumerated().map { TokenizerField($0.element, "\(path)[\($0.offset)]") }
    }

    /// The kind that the member `type` names.
    func type() throws(TextError) -> String { try self["type"].string() }
}
