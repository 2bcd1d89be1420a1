import Foundation
import TestSupport
import Testing

@testable import Reports

struct WorstUtterancesTests {
    private func utterance(_ id: String, audio: String) -> WorstUtterances.Utterance {
        .init(
            id: id, audio: audio, segment: 1.5..<3, seconds: 1.5, wordErrorRate: 0.5,
            characterErrorRate: 0.25,
            words: [
                .init(said: "A", heard: "A"), .init(said: "<B>", heard: "C"), .init(said: "D", heard: nil),
                .init(said: nil, heard: "E"),
            ])
    }

    @Test(
        "what was not heard is struck out, what was not said underlined, and a recording at hand has a player"
    )
    func page() throws {
        let folder = try TemporaryDirectory()
        let audio = try folder.write("RIFF", to: "one two.wav")
        let worst = WorstUtterances(
            update: 7,
            utterances: [
                utterance("here", audio: audio), utterance("gone", audio: folder.path + "/gone.wav"),
            ])
        let html = worst.html(besides: folder.path + "/runs/first")
        #expect(html.contains("A <del>&lt;B&gt;</del> <ins>C</ins> <del>D</del> <ins>E</ins>"))
        #expect(html.contains("CER 25.0 %, WER 50.0 %, 1.5 s"))
        #expect(html.components(separatedBy: "<audio").count == 2)
        #expect(html.contains("src=\"../../one%20two.wav#t=1.50,3.00\""))
    }

    @Test("a file is what was written, and another file is none")
    func file() throws {
        let folder = try TemporaryDirectory()
        let worst = WorstUtterances(update: 7, utterances: [utterance("a", audio: "/a.wav")])
        let path = folder.path + "/worst.json"
        try worst.data().write(to: URL(fileURLWithPath: path))
        #expect(WorstUtterances(path: path) == worst)
        #expect(WorstUtterances(path: try folder.write("[1]", to: "other")) == nil)
        #expect(WorstUtterances(path: folder.path + "/none") == nil)
    }

    @Test("addresses are relative where page and recording share a folder")
    func links() {
        #expect(WorstUtterances.link(to: "/data/wav/a.wav", from: "/data/runs/x") == "../../wav/a.wav")
        #expect(
            WorstUtterances.link(to: "/corpora/a \"b\".wav", from: "/home/x")
                == "file:///corpora/a%20%22b%22.wav")
        #expect(WorstUtterances.link(to: "/runs/x/a.wav", from: "/runs/x/") == "a.wav")
    }
}
