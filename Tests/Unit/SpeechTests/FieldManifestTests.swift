import Foundation
import Speech
import TestSupport
import Testing

/// Corpora as other tools and other people's machines make them.
struct FieldManifestTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, to name: String) throws -> String {
        try folder.directory.write(text, to: name)
    }

    private func writeTone(_ name: String, seconds: Double = 0.25) throws {
        try folder.directory.write(waveFile([tone(440, seconds: seconds)]), to: name)
    }

    private func scalars(_ text: String?) -> [Unicode.Scalar] { Array((text ?? "").unicodeScalars) }

    @Test(
        "fairseq's letters become words by code points, whatever marks stand on them",
        arguments: [
            // Devanagari, Thai, Hangul in jamo, Vietnamese in NFD, a word that begins with a mark.
            "\u{939}\u{93F}\u{928}\u{94D}\u{926}\u{940} \u{915}\u{940}",
            "\u{E01}\u{E34}\u{E19} \u{E02}\u{E49}\u{E32}",
            "\u{1112}\u{1161}\u{11AB} \u{1100}\u{116E}\u{11A8}", "tie\u{302}\u{301}ng vie\u{323}\u{302}t",
            "a \u{301}b", "HELLO WORLD",
        ])
    func letters(text: String) throws {
        try writeTone("a.wav")
        let line = text.unicodeScalars.map { $0 == " " ? "|" : String($0) }.joined(separator: " ") + " |"
        _ = try write("\(folder.path)\na.wav\t4000\n", to: "train.tsv")
        _ = try write(line + "\n", to: "train.ltr")
        let read = try Manifest(path: folder.path + "/train.tsv").utterances
        #expect(scalars(read.first?.text) == scalars(text))
    }

    @Test("a dictionary's symbols may be marks")
    func dictionary() throws {
        let path = try write("a 7\n\u{301} 3\n| 2\n", to: "dict.ltr.txt")
        let tokens = try Manifest.fairseqTokens(dictionary: path)
        #expect(tokens.map(scalars) == ["<pad>", "<s>", "</s>", "<unk>", "a", "\u{301}", "|"].map(scalars))
    }

    @Test("files whose names only look the same are two files, in every table")
    func lookalikes() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        try writeTone(composed + ".wav", seconds: 0.25)
        try writeTone(decomposed + ".wav", seconds: 0.75)
        let lines = [composed, decomposed].map { "{\"audio_filepath\": \"\($0).wav\", \"text\": \"x\"}" }
        let json = try write(lines.joined(separator: "\n"), to: "t.jsonl")
        #expect(try Manifest(path: json).utterances.map(\.durationSeconds) == [0.25, 0.75])
        let scp = [composed, decomposed].map { "\($0) \($0).wav\n" }.joined()
        _ = try write(scp, to: "kaldi/wav.scp")
        _ = try write("\(composed) one\n\(decomposed) two\n", to: "kaldi/text")
        try writeTone("kaldi/\(composed).wav", seconds: 0.25)
        try writeTone("kaldi/\(decomposed).wav", seconds: 0.75)
        let kaldi = try Manifest(path: folder.path + "/kaldi").utterances
        #expect(kaldi.map(\.text) == ["one", "two"] && kaldi.map(\.durationSeconds) == [0.25, 0.75])
        let recordings = try Manifest(path: folder.path + "/kaldi", labels: nil).utterances
        #expect(recordings.map(\.durationSeconds) == [0.25, 0.75])
        let folderOnly = try Manifest(path: "librispeech:\(folder.path)/kaldi", labels: nil).utterances
        #expect(Set(folderOnly.map(\.durationSeconds)) == [0.25, 0.75])
    }

    @Test("Kaldi's fields are cut at spaces and tabs alone, and a name twice in bytes is refused")
    func kaldiFields() throws {
        try writeTone("a.wav")
        _ = try write("u1 \(folder.path)/a.wav\nu2 \(folder.path)/a.wav\n", to: "wav.scp")
        _ = try write("u1 \u{301}a b\u{A0}c \u{E34}\nu2\tx\n", to: "text")
        let texts = try Manifest(path: folder.path).utterances.map(\.text)
        #expect(texts.map(scalars) == ["\u{301}a b\u{A0}c \u{E34}", "x"].map(scalars))
        _ = try write("u1 a\nu1 b\nu2 c\n", to: "text")
        #expect(fault { try Manifest(path: folder.path) }.contains("is already on line 1"))
    }

    @Test("a path cannot leave its folder after a mark that Swift combines with the slash")
    func escape() throws {
        _ = try write("file_name,text\nx/\u{308}y/..\u{2F}\u{308}/../../a.wav,t\n", to: "metadata.csv")
        #expect(fault { try Manifest(path: folder.path) }.contains("leads out of the folder"))
    }

    @Test("a channel of a JSON line is the channel that is heard, and part of the utterance's name")
    func channel() throws {
        let base = "{\"audio_filepath\": \"\(folder.path)/s.wav\", \"text\": \"x\", \"channel\": "
        _ = try folder.directory.write(
            waveFile([tone(440, seconds: 0.25), tone(880, seconds: 0.25)]), to: "s.wav")
        let path = try write("\(base)0}\n\(base)1}\n\(base)[0, 1]}\n\(base)null}\n", to: "t.jsonl")
        let read = try Manifest(path: path).utterances
        #expect(read.map(\.channels) == [[0], [1], [0, 1], nil])
        #expect(Set(read.map(\.id)).count == 4)
        for broken in ["-1", "\"left\"", "[]", "1.5"] {
            let path = try write("\(base)\(broken)}\n", to: "broken.jsonl")
            #expect(fault { try Manifest(path: path) }.contains("channel"), "\(broken)")
        }
    }

    @Test("what is no list in UTF-8 is named as what it is")
    func strangers() throws {
        let csv = "audio,text\na.wav,x\n"
        func wide(_ encoding: String.Encoding) throws -> [UInt8] {
            try [UInt8](#require(csv.data(using: encoding)))
        }
        let cases: [(String, [UInt8], String)] = [
            ("mark.csv", try wide(.utf16), "UTF-16"), ("little.csv", try wide(.utf16LittleEndian), "UTF-16"),
            ("big.jsonl", try wide(.utf16BigEndian), "UTF-16"),
            ("mac.csv", Array("audio,text\ra.wav,x\r".utf8), "CR alone"),
            ("mac.jsonl", Array("{\"audio\": \"a.wav\"}\r{\"audio\": \"b.wav\"}\r".utf8), "CR alone"),
            ("semicolons.csv", Array("audio;text\na.wav;x\n".utf8), "separated by semicolons"),
            ("tabs.csv", Array("audio\ttext\na.wav\tx\n".utf8), "separated by tabs"),
            ("table.tsv", Array("file\ttext\na.wav\tx\n".utf8), "a header of columns (file, text)"),
            ("rootless.tsv", Array("a.wav\t16000\nb.wav\t8000\n".utf8), "root folder is missing"),
            ("array.json", Array("[{\"audio\": \"a.wav\", \"text\": \"x\"}]".utf8), "is a JSON array"),
            ("array.jsonl", Array("\n[\n {\"audio\": \"a.wav\"}\n]\n".utf8), "is a JSON array"),
            ("object.json", Array("{\n \"utts\": {}\n}\n".utf8), "one JSON object over several lines"),
            (
                "pointer.jsonl", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8),
                "Git LFS"
            ),
            ("packed.csv", [0x1F, 0x8B, 8, 0], "gzip"), ("a.wav", waveFile([[0, 1]]), "is a recording"),
        ]
        for (name, content, expected) in cases {
            let path = try folder.directory.write(content, to: name)
            let message = fault { try Manifest(path: path) }
            #expect(message.contains(expected), "\(name): \(message)")
        }
        #expect(
            fault { try Manifest(path: "kaldi:\(folder.path)/mac.csv") }.contains("is a file, not a folder"))
        #expect(fault { try Manifest(path: "jsonl:\(folder.path)") }.contains("is a folder, not a file"))
        _ = try write("", to: "nest/metadata.csv/x")
        #expect(fault { try Manifest(path: folder.path + "/nest") }.contains("is a folder, not a file"))
    }

    @Test("audio that is a pointer of Git LFS, or a folder, is named so")
    func audio() throws {
        let path = try write(
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", to: "a.wav")
        #expect(fault { try readAudio(path: path, sampleRate: 16000) }.contains("git lfs pull"))
        #expect(fault { try audioInfo(path: folder.path) }.contains("folder, not a file"))
    }

    @Test("SpeechBrain's columns are known in quotes, too")
    func quotedHeader() throws {
        try writeTone("a.wav")
        let rows = "\n\"u\",\"0.25\",\"$data_root/a.wav\",\"s\",\"X Y\"\n"
        let path = try write("\"ID\",\"duration\",\"wav\",\"spk_id\",\"wrd\"" + rows, to: "q.csv")
        let manifest = try Manifest(path: path)
        #expect(manifest.format == .speechBrain && manifest.utterances.map(\.text) == ["X Y"])
        #expect(manifest.utterances.allSatisfy { FileManager.default.fileExists(atPath: $0.audioPath) })
    }
}

/// A folder that ends with its suite.
final class TemporaryFolder {
    let directory: TemporaryDirectory
    var path: String { directory.path }

    init() throws { directory = try TemporaryDirectory() }
}
