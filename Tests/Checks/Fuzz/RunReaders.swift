import Checkpoints
import Foundation
import Preflight
import Program
import Recipe
import Speech
import Tasks
import TestSupport

/// Recordings: WAV, of which a header is read by the program itself, and what libsndfile knows.
func audioReaders() throws -> [FuzzedReader] {
    func golden(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/audio/\(name)")))
    }
    let samples = tone(300, seconds: 0.02)
    let waves = [
        waveFile([samples]), waveFile([samples, samples], sampleRate: 8000, format: .float32),
        waveFile([samples], sampleRate: 44100, format: .signed24), waveFile([samples], format: .unsigned8),
    ]
    let waveTokens =
        [[UInt8]](texts: "RIFF", "WAVE", "fmt ", "data", "LIST", "fact", "RF64", "ds64", "RIFX", "PAD ") + [
            [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], [1, 0, 1, 0], [0xFE, 0xFF], [3, 0], [0x11, 0], [0x31, 0],
            [0, 0, 0xF0, 0x7F],
        ]
    func reader(_ name: String, weight: Int, _ file: String, _ seeds: [[UInt8]], _ tokens: [[UInt8]])
        -> FuzzedReader
    {
        FuzzedReader(name: name, weight: weight, folders: seeds.map { [Seed(file, $0)] }, tokens: tokens) {
            folder in
            let path = "\(folder)/\(file)"
            let info = try audioInfo(path: path)
            _ = try? readAudio(path: path, sampleRate: 16000, segment: 0.005..<0.01)
            let clip = try readAudio(path: path, sampleRate: 16000)
            precondition(!clip.samples.isEmpty && clip.samples.allSatisfy(\.isFinite) && info.channels > 0)
        }
    }
    return [
        reader("wav", weight: 6, "a.wav", waves, waveTokens),
        reader(
            "flac", weight: 2, "a.flac", [try golden("tone.flac")],
            [Array("fLaC".utf8), [0xFF, 0xF8], [0x84, 0, 0, 0]]),
        reader(
            "ogg", weight: 1, "a.ogg", [try golden("tone-vorbis.ogg"), try golden("tone.opus")],
            [Array("OggS".utf8), Array("OpusHead".utf8), [1] + Array("vorbis".utf8)]),
        reader(
            "mp3", weight: 1, "a.mp3", [try golden("tone.mp3")],
            [[0xFF, 0xFB], Array("ID3".utf8), Array("TAG".utf8)]),
    ]
}

/// What runs leave for themselves and for each other.
func runReaders(work: String) throws -> [FuzzedReader] {
    let layout = smallLayout()
    let place = work + "/checkpoint"
    try? FileManager.default.removeItem(atPath: place)
    try InspectedReaders.writeCheckpoint(place, layout: layout)
    let names = try FileManager.default.contentsOfDirectory(atPath: place).sorted()
    let files = names.map {
        Seed($0, [UInt8](FileManager.default.contents(atPath: "\(place)/\($0)") ?? Data()))
    }
    let state = Seed("state.json", #"{"seed":1,"update":3,"bestMetric":0.5,"isEvaluationPending":false}"#)
    let log =
        #"{"schema": 1, "kind": "train", "step": 1, "wall": 1.5, "loss": 2.5}"# + "\n"
        + #"{"schema": 1, "kind": "fault", "step": 1, "what": "a"}"# + "\n"
        + #"{"schema": 1, "kind": "eval", "step": 2, "wer": 0.5}"# + "\n"
    let beat =
        #"{"count":3,"host":"n1","phase":"data","phaseSeconds":0.5,"process":7,"rank":0,"update":2,"waitSeconds":0,"wall":1e9}"#
    return [
        FuzzedReader(name: "checkpoint", weight: 3, folders: [files], tokens: jsonTokens) { folder in
            try InspectedReaders.checkpoint(folder, layout: layout)
        },
        // Without a manifest, as earlier versions wrote them: nothing shows beforehand that a file is incomplete.
        FuzzedReader(
            name: "old checkpoint", weight: 3,
            folders: [files.filter { $0.name == "state.safetensors" } + [state]], tokens: jsonTokens
        ) { folder in try InspectedReaders.checkpoint(folder, layout: layout) },
        FuzzedReader(
            name: "folder manifest", weight: 3,
            folders: [files.map { Seed($0.name, $0.bytes, isBroken: $0.name == "manifest.json") }],
            tokens: jsonTokens + [[UInt8]](texts: "../", "\"bytes\": 1", "/etc/passwd", "\"hash\"")
        ) { folder in try FolderManifest.verify(folder) },
        FuzzedReader(
            name: "metrics.jsonl", weight: 3, folders: [[Seed("metrics.jsonl", log)]], tokens: jsonTokens
        ) { folder in
            let path = folder + "/metrics.jsonl"
            try InspectedReaders.log(path, forgettingBehind: 1)
            let kept = FileManager.default.contents(atPath: path) ?? Data()
            // Broken lines are left out; a file without any other gives nothing.
            guard !kept.isEmpty else { throw UserError(.data, "no event") }
        },
        FuzzedReader(
            name: "heartbeat", weight: 2, folders: [[Seed(".ranks/0.json", beat)]], tokens: jsonTokens
        ) { folder in
            guard InspectedReaders.heartbeat(folder) else { throw UserError(.data, "no heartbeat") }
        },
    ]
}
