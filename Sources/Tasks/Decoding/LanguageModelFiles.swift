internal import Checkpoints
package import Decoding
internal import Foundation
package import Tensors

/// Opens a language model of any format: mapped directly, or converted to an unnamed temporary file.
package func openLanguageModel(_ path: String) throws -> any NGramModel {
    let bytes = try MappedBytes.file(path)
    if let model = try naming(path, { try mappedModel(bytes) }) { return model }
    return try openTrie(path, bytes, temporaryWorkspace()).model
}

/// A model as a trie, converted if necessary.
package func openTrie(
    _ path: String, _ bytes: MappedBytes, _ workspace: Workspace
) throws -> (model: MappedTrie, isConverted: Bool) {
    try naming(path) {
        if try LanguageModelFormat(of: bytes) == .trie { return (try MappedTrie(bytes), false) }
        return (try MappedTrie(try convertedModel(path, bytes, workspace).mapped()), true)
    }
}

/// A temporary file with a model as a trie.
///
/// - Parameter isNamed: Whether other processes are to find it.
func convertedModel(
    _ path: String, _ bytes: MappedBytes, _ workspace: Workspace = temporaryWorkspace(), isNamed: Bool = false
) throws -> ScratchFile {
    try naming(path) {
        let file = try ScratchFile(in: FileManager.default.temporaryDirectory.path, isNamed: isNamed)
        try convertModel(name: path, bytes, into: file, workspace: workspace)
        return file
    }
}

/// The most that is sorted at once where a model is converted to be used.
let conversionBytes = 256 << 20

private func temporaryWorkspace() -> Workspace {
    let folder = FileManager.default.temporaryDirectory.path
    return Workspace(memoryBytes: conversionBytes) { try ScratchFile(in: folder) }
}

/// Runs `body`, and adds the file's path to faults that lack it.
package func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let fault as DecodingError where !fault.description.hasPrefix(path) {
        throw DecodingError("\(path) \(fault.description)")
    }
}

/// Calls `body` with the words of each line.
package func forEachSentence(of source: ByteSource, _ body: ([String]) throws -> Void) throws {
    var rest: [UInt8] = []
    func tell(_ line: ArraySlice<UInt8>) throws {
        let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(
            String.init)
        if !words.isEmpty { try body(words) }
    }
    while let piece = try source() {
        rest += piece
        var lines = rest.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard let last = lines.popLast() else { continue }
        for line in lines { try tell(line) }
        rest = Array(last)
    }
    try tell(rest[...])
}
