internal import Files
internal import JSON

extension Tokenizer {
    /// The tokenizer of a Hugging Face directory: its `tokenizer.json`, or else its `vocab.txt` (BERT) or
    /// `spiece.model` (XLNet) with its `tokenizer_config.json`.
    ///
    /// - Throws: `TextError` that names the file and what is wrong with it.
    public init(directory: String) throws(TextError) {
        func json(_ name: String) throws(TextError) -> JSONValue? {
            guard exists("\(directory)/\(name)") else { return nil }
            let bytes = try Self.bytes(directory, name)
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
            if exists("\(directory)/spiece.model"), family ?? "xlnet" == "xlnet" {
                try self.init(
                    sentencePiece: SentencePieceModel(Self.bytes(directory, "spiece.model")),
                    configuration: settings(over: .xlnet))
            } else if exists("\(directory)/vocab.txt"), family ?? "bert" == "bert" {
                try self.init(
                    vocabulary: Self.bytes(directory, "vocab.txt"), configuration: settings(over: .bert))
            } else {
                throw TextError(
                    "no tokenizer.json, nor a vocab.txt of BERT or a spiece.model of XLNet; transformers' "
                        + "save_pretrained writes one")
            }
        } catch {
            throw TextError("\(directory): \(error)")
        }
    }

    private static func bytes(_ directory: String, _ name: String) throws(TextError) -> [UInt8] {
        do throws(FileFaults) {
            return try fileBytes(of: "\(directory)/\(name)", isText: !name.hasSuffix(".model"))
        } catch {
            throw TextError("\(name): \(error.faults.joined(separator: "; "))")
        }
    }
}
