import Foundation
import Testing

@Suite(.serialized)
struct TranscriptCommandTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
        try fixture.folder.write(wav(seconds: 5, tone: 3), to: "long.wav")
    }

    private func transcribe(_ arguments: [String], ranks: Int = 1) throws -> Outcome {
        try parp(["transcribe", "--model", "model"] + arguments, ranks: ranks, in: fixture.folder)
    }

    private func object(_ text: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func words(_ line: [String: Any]) throws -> [(word: String, start: Double, end: Double)] {
        try #require(line["words"] as? [[String: Any]]).map { word in
            let confidence = try #require(word["confidence"] as? Double)
            #expect(confidence > 0 && confidence <= 1)
            return (
                try #require(word["word"] as? String), try #require(word["start"] as? Double),
                try #require(word["end"] as? Double)
            )
        }
    }

    @Test("words have times in order, within the recording, and make up the text")
    func times() throws {
        let outcome = try transcribe(["--format", "json", "0.wav", "long.wav"], ranks: 2)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let lines = try outcome.output.split(separator: "\n").map { try object($0) }
        #expect(lines.compactMap { $0["audio_filepath"] as? String } == ["0.wav", "long.wav"])
        for line in lines {
            let words = try words(line)
            let duration = try #require(line["duration"] as? Double)
            #expect(words.map(\.word).joined(separator: " ") == line["text"] as? String)
            #expect(words.allSatisfy { $0.start < $0.end && $0.end <= duration })
            for (left, right) in zip(words, words.dropFirst()) { #expect(left.end <= right.start) }
        }
    }

    @Test("a recording in pieces has the frames of the whole, and one piece changes nothing")
    func pieces() throws {
        var lengths: [Int] = []
        for seconds in ["1", "2.5", "60"] {
            let logits = "logits-\(seconds).safetensors"
            let outcome = try transcribe(
                ["--chunk-seconds", seconds, "--emit-logits", logits, "long.wav"])
            #expect(outcome.status == 0, "\(outcome.screen)")
            lengths.append(try fixture.folder.read(logits).count)
        }
        #expect(lengths[0] == lengths[2] && lengths[1] == lengths[2], "\(lengths)")
        #expect(
            try transcribe(["--chunk-seconds", "5", "long.wav"]).output
                == transcribe(["--chunk-seconds", "60", "long.wav"]).output)
    }

    @Test("subtitle files are written side by side, and none is replaced")
    func files() throws {
        let arguments = ["--format", "srt", "--output", "subtitles", "0.wav", "1.wav"]
        #expect(try transcribe(arguments).status == 0)
        for name in ["0.srt", "1.srt"] {
            let text = String(decoding: try fixture.folder.read("subtitles/\(name)"), as: UTF8.self)
            #expect(text.hasPrefix("1\n00:00:0") && text.contains(" --> "))
        }
        #expect(try transcribe(arguments).status == 64)
        #expect(try transcribe(["--format", "srt", "0.wav", "1.wav"]).status == 64)
        #expect(try transcribe(["--format", "srt", "--json", "0.wav"]).status == 64)
    }

    @Test("a known text is aligned: its words, in order, in the time-marked format")
    func alignment() throws {
        try fixture.folder.write("bad\ncafe\n", to: "text.txt")
        let outcome = try parp(
            ["align", "--model", "model", "--text-case", "upper", "long.wav", "text.txt"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let fields = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(fields.map { $0[4] } == ["BAD", "CAFE"])
        #expect(fields.allSatisfy { $0.count == 6 && $0[0] == "long" && $0[1] == "1" })
        let times = fields.map { (Double($0[2]) ?? -1, Double($0[3]) ?? -1) }
        #expect(times[0].0 >= 0 && times[0].0 + times[0].1 <= times[1].0 && times[1].0 + times[1].1 <= 5)
    }

    @Test("a text that the model cannot spell, or that is too long for its recording, is refused with 65")
    func refusals() throws {
        try fixture.folder.write("XYLOPHONE", to: "foreign.txt")
        try fixture.folder.write(String(repeating: "BAD ", count: 50), to: "long.txt")
        for (text, expected) in [("foreign.txt", "\"X\""), ("long.txt", "frames")] {
            let outcome = try parp(["align", "--model", "model", "0.wav", text], in: fixture.folder)
            #expect(outcome.status == 65 && outcome.error.contains(expected), "\(outcome.screen)")
        }
    }
}
