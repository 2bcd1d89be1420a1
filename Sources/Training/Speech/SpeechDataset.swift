internal import Models
internal import Speech
internal import Tensors

/// Transcribed utterances, ready to be loaded: their audio stays on disk, their targets are encoded.
struct SpeechDataset: Sendable {
    /// The utterances, with the seconds that their audio really has.
    let utterances: [Utterance]
    /// What was said, in the case that the recipe asks for.
    let references: [String]
    /// The token ids of each utterance's transcript.
    let targets: [[Int]]
    /// Samples a second that the model takes.
    let sampleRate: Int
    /// Whether each waveform is brought to zero mean and unit variance.
    let normalizesWaveform: Bool

    /// Seconds of audio of all utterances.
    var totalSeconds: Double { utterances.reduce(0) { $0 + $1.durationSeconds } }

    /// Reads, resamples and normalises the audio of some utterances.
    func load(_ items: [Int]) throws -> SpeechMicroBatch {
        var samples: [Float] = []
        var lengths: [Int] = []
        for item in items {
            let utterance = utterances[item]
            var clip = try readAudio(
                path: utterance.audioPath, sampleRate: sampleRate, segment: utterance.segment
            ).samples
            if normalizesWaveform { normalizeWaveform(&clip) }
            samples += clip
            lengths.append(clip.count)
        }
        return SpeechMicroBatch(
            items: items, samples: samples, packing: PackedRows(lengths: lengths),
            targets: items.map { targets[$0] }, identities: items.map { utterances[$0].identity },
            sampleRate: sampleRate)
    }
}

/// A few utterances in memory: packed samples, targets and identities.
struct SpeechMicroBatch: Sendable {
    /// The utterances' places in the dataset.
    let items: [Int]
    /// All samples, one utterance after another.
    let samples: [Float]
    /// Where each utterance's samples lie.
    let packing: PackedRows
    /// Token ids, an array an utterance.
    let targets: [[Int]]
    /// What counted randomness knows each utterance by.
    let identities: [UInt64]
    /// Samples a second.
    let sampleRate: Int

    /// Seconds of audio.
    var audioSeconds: Double { Double(samples.count) / Double(sampleRate) }

    /// The samples as the model takes them, copied into the arena.
    func waveforms(in arena: inout Arena) -> WaveformBatch {
        let tensor = arena.tensor(rows: samples.count, columns: 1)
        tensor.copy(from: samples)
        return WaveformBatch(samples: tensor, packing: packing)
    }
}
