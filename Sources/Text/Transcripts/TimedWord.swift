/// A word with its times and the model's confidence.
public struct TimedWord: Sendable, Equatable, Codable {
    /// The word.
    public let text: String
    /// Seconds from the start of the recording.
    public let start: Double
    /// Seconds from the start of the recording.
    public let end: Double
    /// The mean probability of its tokens, between 0 and 1.
    public let confidence: Double

    /// A word with its times.
    public init(text: String, start: Double, end: Double, confidence: Double) {
        self.text = text
        self.start = start
        self.end = end
        self.confidence = confidence
    }
}
