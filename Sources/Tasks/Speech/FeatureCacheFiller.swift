internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Models
internal import Program
internal import Session
internal import Speech
internal import Tensors
internal import Training

/// Fills a feature cache before the first update: a node's ranks share the missing features.
struct FeatureCacheFiller {
    let network: Wav2Vec2
    let parameters: ParameterViews
    let session: Session

    /// Computes and stores the features of a dataset that this node's cache lacks.
    ///
    /// With a name, it reports progress.
    ///
    /// A full or read-only disk costs time, but does not end the run: what is not cached is computed in every
    /// epoch, and the user is warned.
    func fill(_ data: SpeechDataset, name: String?, arena: inout Arena) throws {
        guard let cache = data.cache else { return }
        let communicator = session.communicator
        let missing = data.utterances.indices.filter { !cache.holds($0) }
        // Ranks may list the folder at different moments; each checks again before it works.
        let own = missing.filter { $0 % communicator.nodeSize == communicator.nodeRank }
        var progress = FillProgress(
            name: name ?? "", total: own.reduce(0) { $0 + data.utterances[$1].durationSeconds },
            isSpeaking: session.isRoot && name != nil)
        var fault: String?
        for item in own where !Interruption.isRequested {
            if fault == nil && !cache.holds(item) {
                arena.reset()
                do {
                    try keep(item, of: data, in: cache, arena: &arena)
                } catch let error as CheckpointError {
                    fault = "\(error)"
                } catch let error as CocoaError {
                    fault = "\(cache.folder): \(error.localizedDescription)"
                }
            }
            progress.advance(data.utterances[item].durationSeconds)
        }
        try session.stopIfInterrupted()
        let faults = try session.exchange(fault)
        guard session.isRoot else { return }
        progress.finish()
        for (rank, fault) in faults.enumerated() {
            guard let fault else { continue }
            print(
                "feature cache, rank \(rank): \(fault); what is not cached is computed in every epoch. "
                    + "Point PARP_CACHE_DIR to a disk with space, or set data.cache_features = false.")
        }
    }

    private func keep(
        _ item: Int, of data: SpeechDataset, in cache: FeatureCache, arena: inout Arena
    ) throws {
        let samples = try data.samples(item)
        let waveform = arena.tensor(rows: samples.count, columns: 1)
        waveform.copy(from: samples)
        let frames = network.configuration.frameCount(samples: samples.count)
        let features = arena.tensor(rows: frames, columns: network.featureChannels)
        network.extractFeatures(waveform, parameters: parameters, arena: &arena, into: features)
        try cache.store(features, item: item)
    }
}

/// A line of progress every few seconds, with an estimate.
private struct FillProgress {
    let name: String
    let total: Double
    let isSpeaking: Bool
    private var done = 0.0
    private let start = monotonicSeconds()
    private var lastLine: Double

    init(name: String, total: Double, isSpeaking: Bool) {
        self.name = name
        self.total = total
        self.isSpeaking = isSpeaking
        lastLine = start
    }

    mutating func advance(_ seconds: Double) {
        done += seconds
        let now = monotonicSeconds()
        guard isSpeaking, now - lastLine > 5, done < total else { return }
        lastLine = now
        let left = (now - start) / done * (total - done)
        print(
            String(format: "features of %@: %.0f %%, ", name, 100 * done / total)
                + "\(Progress.duration(left)) left")
        fflush(nil)
    }

    func finish() {
        guard isSpeaking && total > 0 else { return }
        print("features of \(name): cached in \(Progress.duration(monotonicSeconds() - start))")
        fflush(nil)
    }
}
