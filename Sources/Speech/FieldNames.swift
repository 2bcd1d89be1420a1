/// Names of columns and keys in formats that leave them to users; the first present one counts.
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

    /// The fields of the requested texts: phones in their own field, or else in that of words.
    static func text(_ labels: Manifest.Labels) -> [String] {
        labels == .phones ? phones + words : words
    }
}
