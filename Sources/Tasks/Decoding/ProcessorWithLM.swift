internal import Checkpoints
package import Decoding
internal import Foundation
internal import JSON
internal import Program
internal import Tensors
package import Text

/// The language model of a model directory, in the layout of transformers' `Wav2Vec2ProcessorWithLM` and
/// pyctcdecode: `alphabet.json`, and in `language_model/` the weights (`attrs.json`), the known words
/// (`unigrams.txt`) and the n-grams.
package struct ProcessorWithLM {
    /// `attrs.json`.
    package struct Attributes: Equatable {
        package var alpha: Float = 0.5
        package var beta: Float = 1.5
        package var unknownPenalty: Float = -10
        package var hasBoundaries = true

        /// pyctcdecode's defaults.
        package init() {}
    }

    package static let folder = "language_model"
    private static let extensions = ["arpa", "bin", "binary"]

    package var attributes: Attributes
    /// The file of n-grams.
    package let languageModel: String
    /// The file of the weights.
    package let attributesFile: String
    private let unigrams: String

    /// Reads a directory's language model; nil if it has none.
    ///
    /// - Throws: `CheckpointError` if files contradict the model or each other.
    package init?(of model: SpeechModel) throws {
        let directory = model.source.path
        let folder = "\(directory)/\(Self.folder)"
        guard model.source.isDirectory, FileManager.default.fileExists(atPath: folder) else { return nil }
        try Self.checkAlphabet("\(directory)/alphabet.json", model.vocabulary)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let models = names.filter { name in Self.extensions.contains { name.hasSuffix("." + $0) } }
        guard let name = models.first, models.count == 1 else {
            throw CheckpointError(
                folder, "must have one file of n-grams, .arpa, .bin or .binary; it has \(models.count)")
        }
        languageModel = "\(folder)/\(name)"
        unigrams = "\(folder)/unigrams.txt"
        attributesFile = "\(folder)/attrs.json"
        attributes = try Self.attributes(attributesFile)
    }

    private static func json(_ path: String) throws -> JSONValue? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try MappedBytes.file(path)
        guard bytes.count < 64 << 20 else {
            throw CheckpointError(path, "is too large for a file of its kind")
        }
        do {
            return try JSONValue(parsing: Data(bytes.copy(0..<bytes.count)))
        } catch { throw CheckpointError(path, "\(error)") }
    }

    /// Refuses labels that are not the model's tokens: logit columns would be confused.
    private static func checkAlphabet(_ path: String, _ vocabulary: Vocabulary) throws {
        guard let alphabet = try json(path) else { return }
        guard let labels = alphabet["labels"]?.elements?.map(\.string), !labels.contains(nil) else {
            throw CheckpointError(path, "must have a list \"labels\" of strings")
        }
        guard alphabet["is_bpe"]?.boolean != true else {
            throw CheckpointError(
                path, "has word pieces, which are not supported; remove language_model/")
        }
        let expected = Self.labels(of: vocabulary)
        for (row, (label, token)) in zip(labels, expected).enumerated() where label != token {
            // pyctcdecode writes special tokens differently, and only these.
            guard vocabulary.special.contains(vocabulary.tokens[row]) && row != vocabulary.blank else {
                throw CheckpointError(
                    path, "label \(row) is \"\(label ?? "")\", but the model's token there is \"\(token)\"")
            }
        }
        guard labels.count >= expected.count else {
            throw CheckpointError(path, "has \(labels.count) labels; the model has \(expected.count) tokens")
        }
    }

    /// The tokens as pyctcdecode expects them: empty for the blank, a space between words.
    package static func labels(of vocabulary: Vocabulary) -> [String] {
        vocabulary.tokens.enumerated().map { row, token in
            row == vocabulary.blank
                ? "" : row == vocabulary.delimiterId ? " " : ["<unk>", "[UNK]"].contains(token) ? "⁇" : token
        }
    }

    private static func attributes(_ path: String) throws -> Attributes {
        var attributes = Attributes()
        guard let value = try json(path) else { return attributes }
        func number(_ key: String, _ usual: Float) throws -> Float {
            guard let entry = value[key] else { return usual }
            guard let number = entry.double.map({ Float($0) }), number.isFinite else {
                throw CheckpointError(path, "\"\(key)\" must be a number")
            }
            return number
        }
        attributes.alpha = try number("alpha", attributes.alpha)
        attributes.beta = try number("beta", attributes.beta)
        attributes.unknownPenalty = try number("unk_score_offset", attributes.unknownPenalty)
        attributes.hasBoundaries = value["score_boundary"]?.boolean ?? true
        return attributes
    }

    /// The known words: those of `unigrams.txt` that the n-grams have, or all of theirs without such a file.
    package func lexicon(of model: (any NGramModel)?, in vocabulary: Vocabulary) throws -> Lexicon? {
        guard let model, FileManager.default.fileExists(atPath: unigrams) else { return nil }
        var words: [(number: UInt32, word: String)] = []
        try forEachSentence(of: textSource(unigrams)) { line in
            for word in line {
                let number = model.index(of: word)
                if number != model.unknown { words.append((number, word)) }
            }
        }
        // pyctcdecode, too, treats an empty list as no list.
        return words.isEmpty ? nil : Lexicon.spelled(words, in: vocabulary).lexicon
    }
}

extension ProcessorWithLM {
    /// Writes the layout into a model directory that has none.
    package static func write(
        _ attributes: Attributes, languageModel path: String, into directory: String, vocabulary: Vocabulary
    ) throws {
        let place = "\(directory)/\(folder)"
        for taken in [place, "\(directory)/alphabet.json"] where FileManager.default.fileExists(atPath: taken)
        {
            throw UserError(.usage, "\(taken) exists; nothing is replaced. Remove it first")
        }
        let output = try AtomicDirectory(path: place)
        let bytes = try MappedBytes.file(path)
        let model: any NGramModel
        switch try naming(path, { try LanguageModelFormat(of: bytes) }) {
        case .kenLMProbing, .kenLMTrie:
            try FileManager.default.copyItem(atPath: path, toPath: "\(output.temporaryPath)/lm.bin")
            model = try openLanguageModel(path)
        case .trie, .arpa:
            let workspace = ScratchFile.workspace(besides: place, megabytes: 256)
            let trie = try openTrie(path, bytes, workspace).model
            let file = try OutputFile(newFile: "\(output.temporaryPath)/lm.arpa")
            try trie.writeARPA(into: file)
            try file.commit()
            model = trie
        }
        let special = [model.unknown, model.sentenceStart, model.sentenceEnd]
        let words = (0..<UInt32(model.wordCount)).filter { !special.contains($0) }
            .map { String(decoding: model.word($0), as: UTF8.self) }
        try AtomicFile.write(
            Data(words.joined(separator: "\n").utf8), to: "\(output.temporaryPath)/unigrams.txt")
        try writeAttributes(attributes, to: "\(output.temporaryPath)/attrs.json")
        try output.commit()
        let alphabet = JSONValue.object([
            .init("labels", .array(labels(of: vocabulary).map(JSONValue.string))),
            .init("is_bpe", .boolean(false)),
        ])
        try AtomicFile.write(Data(alphabet.line.utf8), to: "\(directory)/alphabet.json")
        try nameProcessor(in: "\(directory)/preprocessor_config.json")
    }

    /// States which processor loads the directory: transformers would choose one without a language model.
    private static func nameProcessor(in path: String) throws {
        guard var configuration = try json(path), configuration.members != nil else { return }
        configuration["processor_class"] = .string("Wav2Vec2ProcessorWithLM")
        try AtomicFile.write(Data((configuration.text() + "\n").utf8), to: path)
    }

    package static func writeAttributes(_ attributes: Attributes, to path: String) throws {
        func number(_ value: Float) -> JSONValue { .number(Double("\(value)") ?? Double(value)) }
        let value = JSONValue.object([
            .init("alpha", number(attributes.alpha)), .init("beta", number(attributes.beta)),
            .init("unk_score_offset", number(attributes.unknownPenalty)),
            .init("score_boundary", .boolean(attributes.hasBoundaries)),
        ])
        try AtomicFile.write(Data(value.line.utf8), to: path)
    }
}
