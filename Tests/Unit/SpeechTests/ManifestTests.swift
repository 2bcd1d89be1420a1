import Files
import Foundation
import Speech
import TestSupport
import Testing

struct ManifestTests {
    /// A corpus folder with three recordings: `a.wav` and `sub/b.wav` of half a second, `c.wav` of one at 8 kHz.
    private func corpus() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write(waveFile([tone(440, seconds: 0.5)]), to: "a.wav")
        try folder.write(waveFile([tone(440, seconds: 0.5)]), to: "sub/b.wav")
        try folder.write(waveFile([tone(440, seconds: 1, sampleRate: 8000)], sampleRate: 8000), to: "c.wav")
        return folder
    }

    // JSON lines.

    @Test(
        "JSON lines are read: paths beside the file, durations stated or measured, everything else optional")
    func jsonLines() throws {
        let folder = try corpus()
        let path = try folder.write(
            "\u{FEFF}{\"audio_filepath\": \"a.wav\", \"duration\": 0.25, \"text\": \"h\u{e9} you\"}\r\n"
                + "\n  \n{\"audio_filepath\": \"\(folder.path)/sub/b.wav\", \"text\": \"b\", \"language\": \"fr\", "
                + "\"speaker\": 19, \"id\": \"x-1\", \"other\": {}}\n{\"audio_filepath\": \"c.wav\"}",
            to: "train.jsonl")
        let utterances = try Manifest(path: path).utterances
        #expect(
            utterances == [
                Utterance(
                    id: "a.wav", audioPath: folder.path + "/a.wav", durationSeconds: 0.25,
                    text: "h\u{e9} you",
                    origin: path + ":1"),
                Utterance(
                    id: "x-1", audioPath: folder.path + "/sub/b.wav", durationSeconds: 0.5, text: "b",
                    language: "fr", speaker: "19", origin: path + ":4"),
                Utterance(
                    id: "c.wav", audioPath: folder.path + "/c.wav", durationSeconds: 1, text: "",
                    origin: path + ":5"),
            ])
    }

    @Test("an offset makes an utterance a piece of its file, and pieces of one file are several utterances")
    func offsets() throws {
        let folder = try corpus()
        let path = try folder.write(
            #"{"audio_filepath":"a.wav","offset":0.125,"duration":0.25,"text":"x"}"# + "\n"
                + #"{"audio_filepath":"a.wav","offset":0,"duration":0.125,"text":"y"}"#, to: "train.jsonl")
        let utterances = try Manifest(path: path).utterances
        #expect(utterances.map(\.segment) == [0.125..<0.375, 0..<0.125])
        #expect(utterances.map(\.durationSeconds) == [0.25, 0.125])
        #expect(utterances.map(\.id) == ["a.wav@0.125", "a.wav@0.0"])
    }

    @Test("every broken JSON line is refused with its number, all at once")
    func brokenJSONLines() throws {
        let folder = try corpus()
        let lines = [
            (#"{"audio_filepath": "a.wav", "text": "x"}"#, nil), ("not json", "not a JSON object"),
            ("[]", "wrong type"), (#"{"text": "x"}"#, "no \"audio_filepath\""),
            (#"{"audio_filepath": 3}"#, "\"audio_filepath\" has the wrong type"),
            (#"{"audio_filepath": "sub/b.wav", "duration": "1"}"#, "\"duration\" has the wrong type"),
            (#"{"audio_filepath": "sub/b.wav", "duration": -1}"#, "a duration of -1.0 s"),
            (#"{"audio_filepath": "sub/b.wav", "duration": 0}"#, "a duration of 0.0 s"),
            (#"{"audio_filepath": "sub/b.wav", "duration": 1e999}"#, "line 9"),
            (#"{"audio_filepath": "sub/b.wav", "duration": NaN}"#, "not a JSON object"),
            (#"{"audio_filepath": "sub/b.wav", "offset": 0.1}"#, "an offset needs a duration"),
            (#"{"audio_filepath": "sub/b.wav", "offset": -1, "duration": 1}"#, "an offset needs a duration"),
            (#"{"audio_filepath": "absent.wav"}"#, "absent.wav: cannot be opened"),
            (#"{"audio_filepath": "a.wav", "text": "cut o"#, "not a JSON object"), ("null", "is null"),
            (#"{"audio_filepath": null}"#, "no \"audio_filepath\""),
            (#"{"audio_filepath": "sub/b.wav", "text": "x", "text": "y"}"#, "the key \"text\" occurs twice"),
        ]
        let path = try folder.write(lines.map(\.0).joined(separator: "\n"), to: "train.jsonl")
        do {
            _ = try Manifest(path: path)
            Issue.record("a broken manifest was read")
        } catch {
            #expect(error.path == path)
            #expect(error.faults.count == lines.count - 1, "\(error)")
            for (fault, (number, line)) in zip(error.faults, lines.enumerated().dropFirst()) {
                let found = fault.hasPrefix("line \(number + 1): ") && fault.contains(line.1 ?? "")
                #expect(found, "\(line): \(fault)")
            }
        }
    }

    @Test("bytes that are not UTF-8 are refused with their line")
    func invalidUTF8() throws {
        let folder = try TemporaryDirectory()
        let content = Array("{}\n".utf8) + [0xFF, 0x0A] + Array("{}\n".utf8) + [0xC3]
        let path = try folder.write(content, to: "train.jsonl")
        #expect(
            fault { try Manifest(path: path) }.contains("  line 2: invalid UTF-8\n  line 4: invalid UTF-8"))
    }

    @Test("an utterance that occurs twice is refused with both places")
    func duplicates() throws {
        let folder = try corpus()
        let line = #"{"audio_filepath": "a.wav", "duration": 1}"#
        let path = try folder.write("\(line)\n\(line)\n", to: "train.jsonl")
        #expect(
            fault { try Manifest(path: path) }
                .contains("\(path):2: utterance a.wav is already at \(path):1"))
    }

    @Test("a manifest that is missing or empty is refused, and of many faults twenty are shown")
    func missing() throws {
        let folder = try TemporaryDirectory()
        #expect(fault { try Manifest(path: folder.path + "/none") }.contains("no such file or folder"))
        #expect(
            fault { try Manifest(path: try folder.write("\n", to: "empty.jsonl")) }.contains("no utterance"))
        let path = try folder.write(String(repeating: "x\n", count: 30), to: "many.jsonl")
        let message = fault { try Manifest(path: path) }
        #expect(
            message.contains("30 faults") && message.contains("and 10 more") && message.contains("line 20:"))
        #expect(!message.contains("line 21:"))
    }

    // fairseq.

    @Test("fairseq's tables are read with letters or phones, at each file's own rate")
    func fairseq() throws {
        let folder = try corpus()
        try folder.write("\(folder.path)\na.wav\t8000\nsub/b.wav\t4000\r\nc.wav\t8000\n", to: "train.tsv")
        try folder.write("H E L L O | W O R L D |\nA |\n\n", to: "train.ltr")
        try folder.write("HH AH L OW\nEY\nT\u{361}\u{283}\n", to: "train.phn")
        let path = folder.path + "/train.tsv"
        let letters = try Manifest(path: path).utterances
        #expect(letters.map(\.text) == ["HELLO WORLD", "A", ""])
        #expect(letters.map(\.id) == ["a.wav", "sub/b.wav", "c.wav"])
        #expect(letters.map(\.audioPath) == ["a.wav", "sub/b.wav", "c.wav"].map { folder.path + "/" + $0 })
        #expect(letters.map(\.durationSeconds) == [0.5, 0.25, 1])
        #expect(letters.map(\.origin) == [2, 3, 4].map { "\(path):\($0)" })
        let phones = try Manifest(path: path, labels: .phones).utterances
        #expect(phones.map(\.text) == ["HH AH L OW", "EY", "T\u{361}\u{283}"])
    }

    @Test("a relative root is beside the table")
    func relativeRoot() throws {
        let folder = try corpus()
        let path = try folder.write("../sub\nb.wav\t8000\n", to: "tables/train.tsv")
        try folder.write("B |\n", to: "tables/train.ltr")
        #expect(try Manifest(path: path).utterances.map(\.durationSeconds) == [0.5])
    }

    @Test("every broken line of a table is refused with its number, and so are labels that do not fit")
    func brokenFairseq() throws {
        let folder = try corpus()
        func message(_ table: String, _ letters: String?) throws -> String {
            try? FileManager.default.removeItem(atPath: folder.path + "/train.ltr")
            if let letters { try folder.write(letters, to: "train.ltr") }
            let path = try folder.write(table, to: "train.tsv")
            return fault { try Manifest(path: path) }
        }
        let broken = try message(
            "\(folder.path)\na.wav\na.wav\t8000\t1\na.wav\tmany\na.wav\t-5\na.wav\t0\nabsent.wav\t9\nz.zip:3:9\t9\n",
            "A\nA\nA\nA\nA\nA\nA\n")
        for line in 2...6 { #expect(broken.contains("line \(line): expected a path, a tab"), "\(broken)") }
        #expect(broken.contains("line 7: \(folder.path)/absent.wav: cannot be opened"))
        #expect(broken.contains("line 8: "))
        #expect(try message("", "").contains("root folder is missing"))
        #expect(try message("\n", "").contains("root folder is missing"))
        #expect(try message("\(folder.path)\n", "").contains("no utterance"))
        #expect(try message("\(folder.path)\na.wav\t8000\n", nil).contains("train.ltr are missing"))
        #expect(try message("\(folder.path)\na.wav\t8000\n", "A\nB\n").contains("1 audio files, but 2 lines"))
        #expect(
            try message("\(folder.path)\na.wav\t8000\na.wav\t8000\n", "A\nB\n").contains("is already"))
    }

    @Test("a fairseq dictionary gives the rows of a Hugging Face head")
    func dictionary() throws {
        let folder = try TemporaryDirectory()
        let table = try folder.write("/\n", to: "train.tsv")
        #expect(try Manifest.fairseqTokens(besides: table, labels: .letters) == nil)
        try folder.write("| 94802\nE 51860\n' 1\n\u{e9} 2\ne\u{301} 1\n", to: "dict.ltr.txt")
        try folder.write("a 2\r\nt \u{283} 1\r\n", to: "dict.phn.txt")
        let letters = try #require(try Manifest.fairseqTokens(besides: table, labels: .letters))
        #expect(letters == ["<pad>", "<s>", "</s>", "<unk>", "|", "E", "'", "\u{e9}", "e\u{301}"])
        #expect(
            try Manifest.fairseqTokens(besides: table, labels: .phones)?.suffix(2) == ["a", "t \u{283}"])
        #expect(try Manifest.fairseqTokens(besides: folder.path + "/x.jsonl", labels: .letters) == nil)
    }

    @Test("a broken dictionary is refused with its lines")
    func brokenDictionary() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write(
            "E 1\nE 2\n<pad> 3\nX\nY two\n 4\nZ 1 #fairseq:overwrite\n", to: "dict.ltr.txt")
        let message = fault { try Manifest.fairseqTokens(dictionary: path) }
        for line in [2, 3] { #expect(message.contains("line \(line): the symbol"), "\(message)") }
        for line in 4...7 { #expect(message.contains("line \(line): expected a symbol"), "\(message)") }
        let empty = try folder.write("", to: "empty.txt")
        #expect(fault { try Manifest.fairseqTokens(dictionary: empty) }.contains("has no symbols"))
    }

    // LibriSpeech.

    @Test("a LibriSpeech tree is read, in the order of its folders, also through a symbolic link")
    func libriSpeech() throws {
        let folder = try TemporaryDirectory()
        let flac = [UInt8](try Data(contentsOf: URL(fileURLWithPath: goldenFolder + "/audio/tone.flac")))
        for name in ["19/198/19-198-0000", "19/198/19-198-0001", "103/1240/103-1240-0000"] {
            try folder.write(flac, to: "tree/\(name).flac")
        }
        try folder.write(
            "19-198-0000 NORTHANGER ABBEY\n19-198-0001 A  B\n", to: "tree/19/198/19-198.trans.txt")
        try folder.write("103-1240-0000 CHAPTER ONE", to: "tree/103/1240/103-1240.trans.txt")
        try folder.write("unrelated", to: "tree/README.TXT")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: folder.path + "/tree")
        for name in ["tree", "tree/", "link"] {
            let utterances = try Manifest(path: folder.path + "/" + name).utterances
            #expect(utterances.map(\.id) == ["103-1240-0000", "19-198-0000", "19-198-0001"])
            #expect(utterances.map(\.text) == ["CHAPTER ONE", "NORTHANGER ABBEY", "A  B"])
            #expect(utterances.map(\.speaker) == ["103", "19", "19"])
            #expect(utterances.allSatisfy { $0.durationSeconds == 0.5 && $0.language == "en" })
            #expect(utterances[2].origin.hasSuffix("/tree/19/198/19-198.trans.txt:2"))
        }
    }

    @Test("a tree with broken lines, missing audio or no transcripts is refused")
    func brokenLibriSpeech() throws {
        let folder = try TemporaryDirectory()
        #expect(fault { try Manifest(path: folder.path) }.contains("any *.trans.txt (LibriSpeech)"))
        try folder.write("1-2-0000\n1-2-0001 HELLO\n", to: "1/2/1-2.trans.txt")
        let message = fault { try Manifest(path: folder.path) }
        #expect(message.contains("1-2.trans.txt:1: expected an utterance's name"))
        #expect(message.contains("1-2.trans.txt:2: ") && message.contains("1-2-0001.flac: cannot be opened"))
    }
}
