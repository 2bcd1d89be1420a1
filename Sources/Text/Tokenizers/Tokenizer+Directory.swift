internal import Files
internal import JSON

extension Tokenizer {
    /// The tokenizer of a Hugging Face directory: its `tokenizer.json`, or else its `vocab.txt` (BERT) or
    /// `spiece.model` (XLNet) with its `tokenizer_config.json`.
    ///
    /// - Throws: `TextError` that names the file and what is wrong with it.
    public init(directory: String) throws(TextError) {
        try self.init(of: directory) { name throws(TextError) in
            guard exists("\(directory)/\(name)") else { return nil }
            do throws(FileFaults) {
                return try fileBytes(of: "\(directory)/\(name)", isText: false)
            } catch {
                throw TextError("\(name): \(error.faults.joined(separator: "; "))")
            }
        }
    }

    /// The same for a model with files that need not be in a directory.
    ///
    /// - Parameters:
    ///   - model: Where the model lies, for messages.
    ///   - file: Gives a file's bytes by its name, or nil if there is none.
    public init(
        of model: String, file: (_ name: String) throws(TextError) -> [UInt8]?
    ) throws(TextError) {
        func json(_ name: String) throws(TextError) -> JSONValue? {
            guard let bytes = try Self.text(name, file) else { return nil }
            do throws(JSONError) {
                return try JSONValue(parsing: bytes)
            } catch {
                throw TextError("\(name): \(error)")
            }
        }
        do throws(TextError) {
            if let file = try json("tokenizer.json") {
                try self.init(tokenizerFile: file)
                return
            }
            let configuration = try json("tokenizer_config.json")
            let family = try json("config.json")?["model_type"]?.string
            func settings(over preset: TokenizerConfiguration) throws(TextError) -> TokenizerConfiguration {
                guard let configuration else { return preset }
                return try TokenizerConfiguration(configuration, over: preset)
            }
            if family ?? "xlnet" == "xlnet", let pieces = try file("spiece.model") {
                try self.init(
                    sentencePiece: SentencePieceModel(pieces), configuration: settings(over: .xlnet))
            } else if family ?? "bert" == "bert", let vocabulary = try Self.text("vocab.txt", file) {
                try self.init(vocabulary: vocabulary, configuration: settings(over: .bert))
            } else {
                throw TextError(
                    "no tokenizer.json, nor a vocab.txt of BERT or a spiece.model of XLNet; transformers' "
                        + "save_pretrained writes one")
            }
        } catch {
            throw TextError("\(model): \(error)")
        }
    }

    private static func text(
        _ name: String, _ file: (_ name: String) throws(TextError) -> [UInt8]?
    ) throws(TextError) -> [UInt8]? {
        guard let bytes = try file(name) else { return nil }
        do throws(FileFaults) {
            return try textBytes(bytes, of: name)
        } catch {
            throw TextError("\(name): \(error.faults.joined(separator: "; "))")
        }
    }
}
