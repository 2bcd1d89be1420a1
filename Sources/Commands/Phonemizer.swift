internal import Foundation
internal import Program
internal import Recipe
internal import Tasks
internal import Training

/// Turns texts into phones with espeak-ng, which runs as a process of its own.
///
/// espeak-ng writes one clause per line, with words separated by spaces and, with `--sep`, phones by `_`:
/// `--ipa=3` would tie the letters of one phone instead and leave phones unseparated. A diphthong or
/// affricate is one phone without a tie (`aɪ`, `tʃ`). Stress marks are dropped unless requested, and so are
/// the language names that espeak-ng puts around foreign words.
struct Phonemizer {
    let keepsStress: Bool
    private let executable: String

    /// Texts per process.
    private static let batch = 500
    /// espeak-ng splits its input after this many bytes, so longer texts are passed alone.
    private static let maximumLineBytes = 600

    /// Finds espeak-ng.
    ///
    /// - Throws: `UserError` with the package to install.
    init(keepsStress: Bool) throws {
        self.keepsStress = keepsStress
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = folders.map { "\($0)/espeak-ng" }.first(where: FileManager.default.isExecutableFile)
        guard let found else {
            throw UserError(
                .usage,
                "espeak-ng, which turns texts into phones, is not installed: apt-get install espeak-ng")
        }
        executable = found
    }

    /// The phones of each text, separated by spaces; empty where espeak-ng outputs nothing.
    func phones(of texts: [String], language: String) throws -> [String] {
        var phones: [String] = []
        let progress = CorpusProgress("phones (\(language))")
        var start = 0
        while start < texts.count {
            let batch = texts[start..<min(start + Self.batch, texts.count)].map(Self.spoken)
            phones += try label(batch, language)
            start += batch.count
            progress.report(start, texts.count)
        }
        return phones
    }

    private func label(_ texts: [String], _ language: String) throws -> [String] {
        let fits = texts.allSatisfy { !$0.isEmpty && $0.utf8.count <= Self.maximumLineBytes }
        let lines = fits ? try speak(texts.joined(separator: "\n") + "\n", language, byLine: true) : []
        if lines.count == texts.count { return lines.map(tokens) }
        // A text gave no line, or more than one: redo each alone, so that none gets another's phones.
        return try texts.map { text in
            text.isEmpty
                ? "" : tokens(try speak(text + "\n", language, byLine: false).joined(separator: " "))
        }
    }

    /// A text without clause punctuation, in lower case, since capitals would be spelled out.
    private static func spoken(_ text: String) -> String {
        text.lowercased().unicodeScalars.split {
            !($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "'" || $0 == "’"
                || $0.properties.generalCategory == .nonspacingMark)
        }.map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
    }

    /// The phones in a line of espeak-ng's output.
    private func tokens(_ line: String) -> String {
        let ties: Set<Unicode.Scalar> = ["\u{200D}", "\u{361}"]
        // The hyphen marks a vowel that is never stressed.
        let ignored = keepsStress ? ties : ties.union(["ˈ", "ˌ", "-"])
        var plain = String.UnicodeScalarView()
        var depth = 0
        for scalar in line.unicodeScalars {
            if scalar == "(" { depth += 1 }
            if depth == 0 && !ignored.contains(scalar) { plain.append(scalar) }
            if scalar == ")" { depth = max(0, depth - 1) }
        }
        return plain.split { $0 == "_" || $0.properties.isWhitespace }.map {
            String(String.UnicodeScalarView($0))
        }
        .joined(separator: " ")
    }

    /// The lines that espeak-ng writes for a text.
    private func speak(_ text: String, _ language: String, byLine: Bool) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = ["-q", "--ipa", "--sep=_", "-v", language] + (byLine ? [] : ["--stdin"])
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Written while reading: with both pipes full, each side would wait for the other.
        let writer = Thread {
            try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
            try? input.fileHandleForWriting.close()
        }
        writer.start()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw UserError(
                .usage,
                "espeak-ng has no voice \"\(language)\"; `espeak-ng --voices` lists those it has. Choose with --language"
            )
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
