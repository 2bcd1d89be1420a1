import Foundation
import Testing

/// A user's mistake, and what must be said of it.
struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int32
    /// What the message must hold; the first occurs once on the screen, whatever the number of ranks.
    let says: [String]
    /// Makes the mistake in a fixture that would train successfully.
    let make: @Sendable (Fixture) throws -> [String]

    init(
        _ name: String, _ status: Int32, says: String...,
        make: @escaping @Sendable (Fixture) throws -> [String]
    ) {
        self.name = name
        self.status = status
        self.says = says
        self.make = make
    }

    var testDescription: String { name }
}

private let train = ["train", "recipe.toml", "--output", "run"]

private let recipeFaults = [
    Fault("no such recipe", 64, says: "nowhere.toml: no such recipe") { _ in ["train", "nowhere.toml"] },
    Fault("unknown option", 64, says: "Unknown option '--ouput'") { _ in train + ["--ouput", "x"] },
    Fault("unknown recipe key", 64, says: "line 14: unknown key `intervall`", "did you mean `interval`?") {
        fixture in
        let recipe = String(decoding: try fixture.folder.read("recipe.toml"), as: UTF8.self)
        try fixture.folder.write(recipe.replacing("interval", with: "intervall"), to: "recipe.toml")
        return train
    },
    Fault("sparsity above 1", 64, says: "pruning.sparsity is 1.5; it must be from 0 to 1") { _ in
        train + ["--set", "pruning.sparsity=1.5"]
    },
    Fault("sparsity above 1 for prune", 64, says: "--sparsity is 1.5; it must be from 0 to 1") { _ in
        ["prune", "--model", "model", "--sparsity", "1.5", "--output", "pruned"]
    },
    Fault("run directory in use", 64, says: "run holds a run already", "--resume") { fixture in
        try FileManager.default.createDirectory(
            atPath: fixture.folder.file("run"), withIntermediateDirectories: true)
        try fixture.folder.write("", to: "run/recipe.toml")
        return train
    },
]

private let dataFaults = [
    Fault("no such manifest", 65, says: "nowhere.jsonl", "no such file or folder") { _ in
        train + ["--set", "data.train=nowhere.jsonl"]
    },
    Fault("missing audio", 65, says: "nowhere.wav", "train.jsonl:3") { fixture in
        try fixture.writeManifest([fixture.line(0), fixture.line(1), fixture.line(2, audio: "nowhere.wav")])
        return train
    },
    Fault("truncated audio", 65, says: "is cut off", "train.jsonl:1", "0.wav") { fixture in
        try fixture.folder.write(wav(seconds: 0.5, statedSamples: 16000), to: "0.wav")
        return train
    },
    Fault("empty audio file", 65, says: "cannot be opened as audio", "train.jsonl:1", "0.wav") { fixture in
        try fixture.folder.write(Data(), to: "0.wav")
        return train
    },
    Fault("audio without samples", 65, says: "holds no audio", "train.jsonl:2", "1.wav") { fixture in
        try fixture.folder.write(wav(seconds: 0), to: "1.wav")
        return train
    },
    Fault("empty transcript", 65, says: "has an empty transcript", "train.jsonl:2") { fixture in
        try fixture.writeManifest([fixture.line(0), fixture.line(1, text: " ")])
        return train
    },
    Fault("a character outside the vocabulary", 65, says: "\"Z\" not in the vocabulary", "train.jsonl:1") {
        fixture in
        try fixture.writeManifest([fixture.line(0, text: "BAZ"), fixture.line(1)])
        return train
    },
    Fault("too short for its text", 65, says: "24 frames, but its transcript needs 60", "train.jsonl:1") {
        fixture in
        let text = String(repeating: "ABCDEF", count: 10)
        try fixture.writeManifest([fixture.line(0, text: text), fixture.line(1)])
        return train
    },
    Fault("broken manifest line", 65, says: "line 2: not a JSON object", "train.jsonl") { fixture in
        try fixture.writeManifest([fixture.line(0), "{\"audio_filepath\": ", fixture.line(1)])
        return train
    },
    Fault("invalid UTF-8", 65, says: "line 2: invalid UTF-8", "train.jsonl") { fixture in
        let lines = Data((fixture.line(0) + "\n").utf8) + Data([0xFF, 0xFE, 0x0A])
        try fixture.folder.write(lines, to: "train.jsonl")
        return train
    },
]

private let modelFaults = [
    Fault("no such model", 65, says: "nowhere: no such model directory") { _ in
        ["transcribe", "--model", "nowhere", "0.wav"]
    },
    Fault("tensors that overlap", 65, says: "model/model.safetensors", "overlap") { fixture in
        try fixture.folder.write(safetensors(secondAt: 4..<12), to: "model/model.safetensors")
        return train
    },
    Fault("tensors beyond the file", 65, says: "model/model.safetensors") { fixture in
        try fixture.folder.write(safetensors(secondAt: 8..<4096), to: "model/model.safetensors")
        return train
    },
    Fault("a pickle that calls os.system", 65, says: "system", "pytorch_model.bin") { fixture in
        try FileManager.default.removeItem(atPath: fixture.folder.file("model/model.safetensors"))
        let archive = try #require(Data(base64Encoded: pickleArchive))
        try fixture.folder.write(archive, to: "model/pytorch_model.bin")
        return train
    },
    Fault(
        "configuration and weights disagree", 65, says: "lacks 16 of the configuration's parameters",
        "encoder.layers.3"
    ) {
        fixture in
        try fixture.replaceInConfig("\"num_hidden_layers\": 3", with: "\"num_hidden_layers\": 4")
        return train
    },
    Fault("a number of the configuration is null", 65, says: "model/config.json", "conv_stride[0]") {
        fixture in
        try fixture.replaceInConfig("\"conv_stride\": [", with: "\"conv_stride\": [null, ")
        return train
    },
    Fault("configuration and shapes disagree", 65, says: "model/model.safetensors", "64", "48") { fixture in
        try fixture.replaceInConfig("\"intermediate_size\": 48", with: "\"intermediate_size\": 64")
        return train
    },
]

extension Fixture {
    fileprivate func replaceInConfig(_ text: String, with other: String) throws {
        let config = String(decoding: try folder.read("model/config.json"), as: UTF8.self)
        #expect(config.contains(text))
        try folder.write(config.replacing(text, with: other), to: "model/config.json")
    }
}

/// A safetensors file with its second tensor in a forbidden place.
private func safetensors(secondAt range: Range<Int>) -> Data {
    let count = range.count / 4
    let header =
        "{\"first\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}, "
        + "\"second\": {\"dtype\": \"F32\", \"shape\": [\(count)], "
        + "\"data_offsets\": [\(range.lowerBound), \(range.upperBound)]}}"
    var data = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    return data + Data(header.utf8) + Data(repeating: 0, count: 16)
}

/// What this wrote: `zipfile.ZipFile("x", "w").writestr("archive/data.pkl", b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00" \
/// b"true\x85R.")`: unpickling would run a program.
private let pickleArchive =
    "UEsDBBQAAAAAAAAAIQDrCd6KGQAAABkAAAAQAAAAYXJjaGl2ZS9kYXRhLnBrbIACY29zCnN5c3RlbQpYBAAAAHRydWWFUi5QSwECFAMUAAAAAAAAACEA6wneihkAAAAZAAAAEAAAAAAAAAAAAAAAgAEAAAAAYXJjaGl2ZS9kYXRhLnBrbFBLBQYAAAAAAQABAD4AAABHAAAAAAA="

struct FaultTests {
    @Test(
        "a mistake ends with one clear message and its exit code, on one rank and on three",
        .timeLimit(.minutes(5)), arguments: recipeFaults + dataFaults + modelFaults, [1, 3])
    func fault(_ fault: Fault, ranks: Int) throws {
        let fixture = try Fixture()
        let outcome = try parp(try fault.make(fixture), ranks: ranks, in: fixture.folder)
        #expect(outcome.status == fault.status, "\(outcome.screen)")
        for text in fault.says { #expect(outcome.screen.contains(text), "\(outcome.screen)") }
        #expect(outcome.count("parp: ") == 1, "\(outcome.screen)")
        #expect(outcome.count(fault.says[0]) == 1, "\(outcome.screen)")
        // Nothing began: there is no run, or the one that was there is as it was.
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run/metrics.jsonl")))
    }

    @Test("the same training succeeds without a mistake", arguments: [1, 3])
    func noFault(ranks: Int) throws {
        let fixture = try Fixture()
        let outcome = try parp(train, ranks: ranks, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(FileManager.default.fileExists(atPath: fixture.folder.file("run/final/model.safetensors")))
    }

    @Test("unusable utterances are all listed, or left out, counted and named", arguments: [1, 3])
    func badUtterances(ranks: Int) throws {
        let fixture = try Fixture()
        try fixture.folder.write(Data(), to: "1.wav")
        let lines = [
            fixture.line(0), fixture.line(1), fixture.line(2, text: ""), fixture.line(3, text: "ZEBRA"),
            fixture.line(4), fixture.line(5, audio: "nowhere.wav"),
        ]
        try fixture.writeManifest(lines)
        try fixture.writeManifest([fixture.line(0)], to: "valid.jsonl")
        let sets = ["--set", "data.valid=valid.jsonl"]
        let refused = try parp(train + sets, ranks: ranks, in: fixture.folder)
        #expect(refused.status == 65)
        #expect(refused.count("4 utterances cannot be used") == 1)
        #expect(refused.count("data.bad_utterances = \"skip\"") == 1)
        for number in [2, 3, 4, 6] { #expect(refused.count("train.jsonl:\(number): ") == 1) }
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run")))

        let evaluate = ["evaluate", "--model", "model", "--data", "train.jsonl"]
        let notEvaluated = try parp(evaluate, ranks: ranks, in: fixture.folder)
        #expect(notEvaluated.status == 65)
        #expect(notEvaluated.count("--skip-bad-utterances") == 1, "\(notEvaluated.screen)")

        let skipped = try parp(
            train + sets + ["--set", "data.bad_utterances=skip", "--set", "schedule.updates=2"], ranks: ranks,
            in: fixture.folder)
        #expect(skipped.status == 0, "\(skipped.screen)")
        #expect(skipped.count("train: 2 utterances") == 1)
        #expect(skipped.count("4 left out") == 1)
        for number in [2, 3, 4, 6] { #expect(skipped.count("train.jsonl:\(number): ") == 1) }
        let environment = String(decoding: try fixture.folder.read("run/environment.json"), as: UTF8.self)
        for number in [2, 3, 4, 6] { #expect(environment.contains("train.jsonl:\(number): ")) }
    }
}
