import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import Commands

/// A line of a document that runs `parp`.
struct DocumentedCommand: Sendable, CustomTestStringConvertible {
    let place: String
    let words: [String]

    var testDescription: String { "\(place): parp \(words.joined(separator: " "))" }

    /// The commands in blocks of code of the documents: lines that a reader could type, none with a placeholder.
    static let all: [DocumentedCommand] = {
        let folder = URL(fileURLWithPath: repository)
        let documents =
            ["README.md", "CONTRIBUTING.md", "cluster/README.md"]
            + ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/docs")) ?? [])
            .filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
        return documents.flatMap { name in
            let text = (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
            var isCode = false
            return text.replacing("\\\n", with: " ").split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated().flatMap { index, line -> [DocumentedCommand] in
                    if line.hasPrefix("```") {
                        isCode.toggle()
                        return []
                    }
                    // The drawing of the house.
                    guard isCode, name != "docs/architecture.md",
                        !["…", "RECIPE", "["].contains(where: { line.contains($0) })
                    else {
                        return []
                    }
                    return commands(in: String(line)).map {
                        DocumentedCommand(place: "\(name):\(index + 1)", words: $0)
                    }
                }
        }
    }()

    /// The arguments of each `parp` that a line of a shell runs.
    private static func commands(in line: String) -> [[String]] {
        let all = shellWords(line)
        // Other programs' lines may name an image, or a file, of the same name.
        guard let first = all.first(where: { !$0.contains("=") }),
            ["parp", "mpirun", "mpiexec", "srun"].contains(first) || first.hasSuffix("/parp")
        else { return [] }
        var commands: [[String]] = []
        var words: [String] = []
        var isParp = false
        func end() {
            if isParp { commands.append(words) }
            (words, isParp) = ([], false)
        }
        for word in all {
            switch word {
            case "|", "&&", ";", "||", ">", ">>", "2>&1", "&": end()
            case "#":
                end()
                return commands
            case _ where isParp: words.append(word)
            default: isParp = word == "parp" || word.hasSuffix("/parp")
            }
        }
        end()
        return commands
    }

    /// Words as a shell splits them, with quotes taken off.
    private static func shellWords(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch (quote, character) {
            case (nil, " "), (nil, "\t"):
                if let word { words.append(word) }
                word = nil
            case (nil, "\""), (nil, "'"): (quote, word) = (character, word ?? "")
            case (let open?, _) where open == character: quote = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}

struct DocumentedCommandsTests {
    @Test("documents have commands that can be looked at")
    func some() { #expect(DocumentedCommand.all.count >= 20) }

    @Test(
        "every command that a document shows is taken by the argument parser",
        arguments: DocumentedCommand.all)
    func parses(_ command: DocumentedCommand) {
        do {
            try Parp.refuseUnknownVerb(command.words)
            _ = try Parp.parseAsRoot(command.words)
        } catch {
            Issue.record("\(command.testDescription): \(Parp.fullMessage(for: error))")
        }
    }

    @Test("so is the example that parp --help prints")
    func help() throws {
        let lines = Parp.configuration.discussion.split(separator: "\n").filter { $0.contains("parp ") }
            .filter { $0.hasPrefix("  ") }
        #expect(lines.count == 5)
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let start = try #require(words.firstIndex(of: "parp"))
            _ = try Parp.parseAsRoot(Array(words[(start + 1)...]))
        }
    }
}
