internal import Checkpoints
internal import Foundation
internal import Kernels
internal import Models
package import Tensors
internal import Training

/// A frozen feature encoder's output for each utterance, kept on this node's disk across epochs and runs.
///
/// One safetensors file per utterance, named after the hash of its audio, in a folder named after the hash of
/// the encoder. Files are written atomically, so that runs and ranks can share a folder without a lock; at
/// worst, two write the same file twice. A damaged file counts as missing.
package struct FeatureCache: Sendable {
    /// The folder of this encoder.
    package let folder: String
    /// The hash of each utterance's audio.
    package let audioHashes: [UInt64]
    /// Channels of a frame.
    package let channels: Int

    /// The name of the one tensor in a file.
    private static let tensor = "features"
    /// The name of its hash among the file's strings.
    private static let hash = "features_hash"

    /// The cache of a dataset's features in a folder.
    package init(root: String, encoder: UInt64, audioHashes: [UInt64], channels: Int) {
        folder = "\(root)/features-\(ContentHash.text(encoder))"
        self.audioHashes = audioHashes
        self.channels = channels
    }

    /// The folder of caches: on a disk of this node if the environment names one, else in the home folder.
    package static func defaultRoot(_ environment: [String: String] = ProcessInfo.processInfo.environment)
        -> String
    {
        for variable in ["PARP_CACHE_DIR", "SLURM_TMPDIR", "XDG_CACHE_HOME"] {
            guard let folder = environment[variable], folder.hasPrefix("/") else { continue }
            return variable == "PARP_CACHE_DIR" ? folder : folder + "/parp"
        }
        return NSHomeDirectory() + "/.cache/parp"
    }

    /// The hash of everything that the features depend on besides the audio.
    static func encoderHash(_ model: SpeechModel, parameters: ParameterViews) -> UInt64 {
        var hash = ContentHash(seed: 1)
        hash.combine(parameters.values.elements(model.network.featureEncoderRange))
        let configuration = model.network.configuration
        let extents =
            configuration.convolutionChannels + configuration.convolutionKernels
            + configuration.convolutionStrides + [
                configuration.featureNormalization == .group ? 0 : 1, configuration.convolutionBias ? 1 : 0,
                model.sampleRate, model.source.preprocessor.normalizes ? 1 : 0,
                parameters.precision == .float32 ? 0 : 1,
            ]
        hash.combine(extents.map { UInt64($0) })
        return hash.value
    }

    private func path(_ item: Int) -> String {
        let name = ContentHash.text(audioHashes[item])
        return "\(folder)/\(name.prefix(2))/\(name).safetensors"
    }

    /// Whether an utterance's file exists.
    package func holds(_ item: Int) -> Bool { FileManager.default.fileExists(atPath: path(item)) }

    /// An utterance's features; nil if they are missing or damaged.
    package func load(_ item: Int) throws -> LoadedAudio? {
        guard holds(item), let file = try? SafetensorsFile(path: path(item)),
            let info = file.info(Self.tensor), info.shape.rank == 2, info.shape.columns == channels
        else { return nil }
        var isWhole = false
        let features = try? [Float](count: info.shape.count) { features in
            try file.read(Self.tensor, into: features)
            isWhole = file.metadata[Self.hash] == Self.text(features)
        }
        return isWhole ? features.map { .features($0, channels: channels) } : nil
    }

    /// Keeps an utterance's features, (frames, channels).
    package func store(_ features: Tensor, item: Int) throws {
        let path = path(item)
        try FileManager.default.createDirectory(
            atPath: "\(folder)/\(ContentHash.text(audioHashes[item]).prefix(2))",
            withIntermediateDirectories: true)
        var writer = SafetensorsWriter(metadata: [Self.hash: Self.text(features)])
        writer.add(Self.tensor, features, shape: [features.rows, features.columns])
        // Not synced to disk: the hash reveals damage by a power cut.
        try writer.write(to: path, durable: false)
    }

    private static func text(_ features: Tensor) -> String {
        var hash = ContentHash()
        hash.combine(features)
        return hash.description
    }
}
