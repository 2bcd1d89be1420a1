public import Tensors

/// A beam search for one utterance after another.
public struct BeamDecoder: Sendable {
    /// Linguistic knowledge.
    public let language: Language
    /// How beams are kept and scored.
    public var settings: BeamSettings

    /// A decoder.
    public init(language: Language, settings: BeamSettings) {
        self.language = language
        self.settings = settings
    }

    /// The best texts of an utterance, best first, from logits (frames, tokens).
    public func transcriptions(of logits: Tensor, count: Int = 1) -> [Transcription] {
        var search = BeamSearch(language, settings)
        search.advance(logits)
        return search.transcriptions(count)
    }
}
