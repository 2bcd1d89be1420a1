internal import Program

/// The data that methods are compared on: recordings of one language, or texts.
struct ComparedData: Sendable, Hashable {
    /// Their name in folders and tables.
    let name: String
    /// The manifest to train on.
    let train: String
    /// The manifest to evaluate on.
    let valid: String
    /// The manifest to test final models on; nil uses the one to evaluate on.
    let test: String?

    init(name: String, train: String, valid: String, test: String?) {
        (self.name, self.train, self.valid, self.test) = (name, train, valid, test)
    }

    /// Parses `NAME=FOLDER`, with the name of a test file in it.
    init(_ text: String, test: String?) throws {
        guard let named = NamedFolder(text) else {
            throw UserError(
                .usage,
                "--data is \(text); write NAME=FOLDER, where the folder holds train.jsonl and valid.jsonl")
        }
        self.init(
            name: named.name, train: named.folder + "/train.jsonl", valid: named.folder + "/valid.jsonl",
            test: test.map { named.folder + "/" + $0 })
    }
}

/// A folder with a name for tables: `NAME=FOLDER`.
struct NamedFolder: Sendable, Equatable {
    /// Letters, digits, `-` and `_`: it may become a folder's name.
    let name: String
    let folder: String

    /// Parses it; nil if it is nothing of the kind.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let isName = { (character: Character) in
            character.isLetter || character.isNumber || "-_".contains(character)
        }
        guard parts.count == 2, parts[0].allSatisfy(isName) else { return nil }
        (name, folder) = (parts[0], parts[1])
    }
}
