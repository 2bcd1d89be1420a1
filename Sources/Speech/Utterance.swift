internal import Tensors

/// One recording, or a piece of one, with what was said.
public struct Utterance: Sendable, Hashable, Codable {
    /// A name that is unique in its manifest.
    public var id: String
    /// The audio file.
    public var audioPath: String
    /// The seconds of the file that are meant; nil is all of it.
    public var segment: Range<Double>?
    /// The channels of the file that are heard, counted from 0; nil is the mean of all.
    public var channels: [Int]?
    /// Seconds of audio; 0 where the manifest states none and nobody has looked.
    public var durationSeconds: Double
    /// What was said.
    public var text: String
    /// The phones of it, separated by spaces, where the manifest has them beside the words.
    public var phones: String?
    /// The language, if the manifest says.
    public var language: String?
    /// The speaker, if the manifest says.
    public var speaker: String?
    /// Where it stands: `FILE:LINE`.
    public var origin: String

    /// A recording with what was said.
    public init(
        id: String, audioPath: String, segment: Range<Double>? = nil, channels: [Int]? = nil,
        durationSeconds: Double, text: String, phones: String? = nil, language: String? = nil,
        speaker: String? = nil, origin: String
    ) {
        self.id = id
        self.audioPath = audioPath
        self.segment = segment
        self.channels = channels
        self.durationSeconds = durationSeconds
        self.text = text
        self.phones = phones
        self.language = language
        self.speaker = speaker
        self.origin = origin
    }

    /// What counted randomness knows the utterance by: a hash of its name (FNV-1a), the same in any order and
    /// split.
    public var identity: UInt64 { textHash(id) }
}
