internal import Tensors

/// One recording, or a piece of one, with what was said.
public struct Utterance: Sendable, Hashable, Codable {
    /// A name that is unique in its manifest.
    public var id: String
    /// The audio file.
    public var audioPath: String
    /// The range of the file in seconds; nil for all of it.
    public var segment: Range<Double>?
    /// The channels of the file to use, counted from 0; nil for the mean of all.
    public var channels: [Int]?
    /// Seconds of audio; 0 if the manifest states none and it was not measured.
    public var durationSeconds: Double
    /// What was said.
    public var text: String
    /// Its phones, separated by spaces, if the manifest has them besides the words.
    public var phones: String?
    /// The language, if the manifest says.
    public var language: String?
    /// The speaker, if the manifest says.
    public var speaker: String?
    /// Its place: `FILE:LINE`.
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

    /// The utterance's identity for counted random numbers: a hash of its name (FNV-1a), the same in any
    /// order and split.
    public var identity: UInt64 { textHash(id) }
}
