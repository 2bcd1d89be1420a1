/// What columns and keys are called where a format leaves it to its users, the first that is there counting.
enum FieldNames {
    /// The recording.
    static let audio = ["audio_filepath", "audio", "path", "file_name", "filename", "file", "wav"]
    /// Seconds.
    static let duration = ["duration"]
    /// The channels of the recording.
    static let channels = ["channel"]
    /// The language.
    static let language = ["language", "lang", "locale"]
    /// The speaker.
    static let speaker = ["speaker", "speaker_id", "spk_id", "client_id"]
    /// The utterance.
    static let id = ["id", "ID", "utt_id"]
    /// The words.
    static let words = ["text", "transcription", "transcript", "sentence", "wrd"]
    /// The phones.
    static let phones = ["phones", "phn"]

    /// Where the texts that are wanted stand: phones in their own place, or else where words would.
    static func text(_ labels: Manifest.Labels) -> [String] {
        labels == .phones ? phones + words : words
    }
}
