public import Tensors

/// A beam search that is ready for one utterance after another.
public struct BeamDecoder: Sendable {
    /// What is known of the language.
    public let language: Language
    /// How beams are kept and weighed.
    public var settings: BeamSettings

    /// A decoder.
    public init(language: Language, settings: BeamSettings) {
        self.language = language
        self.settings = settings
    }

    /// The best texts of an utterance, the best first, from logits (frames, tokens).
    public func transcriptions(of logits: Tensor, count: Int = 1) -> [Transcription] {
        var search = BeamSearch(language, settings)
        search.advance(logits)
        return search.transcriptions(count)
    }
}
