import Foundation

/// A folder with a small model, six recordings of tones, their manifest and a recipe that trains on them.
struct Fixture {
    let folder: TemporaryFolder

    /// Words of the golden model's letters, A to F.
    static let texts = ["BAD CAFE", "FADE", "DEAD BEEF", "A CAB", "FACED", "BED"]

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.copyItem(
            at: repository.appendingPathComponent("Tests/Golden/models/tiny-stable"),
            to: URL(fileURLWithPath: folder.file("model")))
        for index in Self.texts.indices {
            try folder.write(wav(seconds: 0.5 + 0.125 * Double(index), tone: index), to: "\(index).wav")
        }
        try writeManifest(Self.texts.indices.map { line($0) })
        try folder.write(recipe, to: "recipe.toml")
    }

    /// A manifest line of a recording, with another text or file if wanted.
    func line(_ index: Int, text: String? = nil, audio: String? = nil) -> String {
        "{\"audio_filepath\": \"\(audio ?? "\(index).wav")\", \"duration\": 0.5, "
            + "\"text\": \"\(text ?? Self.texts[index])\"}"
    }

    func writeManifest(_ lines: [String], to name: String = "train.jsonl") throws {
        try folder.write(lines.joined(separator: "\n") + "\n", to: name)
    }

    private var recipe: String {
        """
        [model]
        path = "model"
        freeze_feature_encoder = true
        [data]
        train = "train.jsonl"
        valid = "train.jsonl"
        batch_seconds = 2.0
        rank_seconds = 1.0
        [optimizer]
        learning_rate = 1e-3
        [schedule]
        updates = 8
        [pruning]
        interval = 3
        [checkpoint]
        every_updates = 2
        keep = 10
        [evaluation]
        every_updates = 4
        """ + "\n"
    }
}

/// A 16-bit recording of two changing tones at 16 kHz.
///
/// - Parameter statedSamples: What the header claims; more than there is makes a cut-off file.
func wav(seconds: Double, tone: Int = 0, statedSamples: Int? = nil) -> Data {
    let count = Int(seconds * 16000)
    let stated = UInt32((statedSamples ?? count) * 2)
    var data = Data("RIFF".utf8)
    func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
    }
    append(36 + stated)
    data.append(Data("WAVEfmt ".utf8))
    append(UInt32(16))
    append(UInt16(1))
    append(UInt16(1))
    append(UInt32(16000))
    append(UInt32(32000))
    append(UInt16(2))
    append(UInt16(16))
    data.append(Data("data".utf8))
    append(stated)
    for index in 0..<count {
        let time = Double(index) / 16000
        let low = sin(2 * .pi * (180 + 40 * Double(tone)) * time)
        let high = sin(2 * .pi * (900 + 300 * sin(8 * time)) * time)
        append(Int16(8000 * low + 4000 * high))
    }
    return data
}
