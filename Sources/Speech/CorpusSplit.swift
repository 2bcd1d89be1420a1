public import Files
internal import Tensors

/// Parts of a corpus that share no text, and, if asked, no speaker: a function of the utterances and a seed,
/// the same on every machine and in any order of the manifest.
///
/// Test is drawn first, then valid, then train, so that a larger training set contains the smaller one and is
/// tested on the same utterances. A part takes an utterance of each speaker in turn, and ends before the
/// first that would exceed its seconds.
public struct CorpusSplit: Sendable {
    /// What must not occur in two parts.
    public enum Separation: String, Sendable, CaseIterable {
        /// A text, ignoring case and punctuation.
        case text
        /// Neither a text nor a speaker.
        case speaker
    }

    /// How much goes where.
    public struct Sizes: Sendable {
        /// Seconds to train on; nil takes all that is left.
        public var train: Double?
        /// Seconds to validate on.
        public var valid: Double
        /// Seconds to test on.
        public var test: Double

        /// How much goes where, in seconds.
        public init(train: Double?, valid: Double, test: Double) {
            self.train = train
            self.valid = valid
            self.test = test
        }
    }

    /// To train on, by name.
    public let train: [Utterance]
    /// To validate on, by name.
    public let valid: [Utterance]
    /// To test on, by name.
    public let test: [Utterance]
    /// Utterances left out because their text or speaker is in another part.
    public let barred: Int

    /// Splits a corpus.
    ///
    /// - Throws: `ManifestError` if there is less audio than asked for, or a speaker is not known who has to be.
    public init(
        _ manifest: Manifest, sizes: Sizes, seed: UInt64, separating separation: Separation
    ) throws(ManifestError) {
        if separation == .speaker {
            let faults = manifest.utterances.filter { $0.speaker == nil }.map {
                "\($0.origin): utterance \($0.id) has no speaker, by whom the parts are to be separated"
            }
            guard faults.isEmpty else { throw ManifestError(manifest.path, faults) }
        }
        var draw = SplitDraw(manifest.utterances, seed: seed, separation: separation)
        var parts: [SplitPart: [Int]] = [:]
        for (part, seconds) in [(SplitPart.test, sizes.test), (.valid, sizes.valid)] where seconds > 0 {
            if separation == .speaker { draw.assignSpeakers(to: part, seconds: seconds) }
            parts[part] = try draw.draw(part, seconds: seconds, of: manifest.path)
        }
        parts[.train] = try draw.draw(.train, seconds: sizes.train, of: manifest.path)
        func utterances(_ part: SplitPart) -> [Utterance] {
            (parts[part] ?? []).map { manifest.utterances[$0] }.sorted { $0.id.precedes($1.id) }
        }
        (train, valid, test) = (utterances(.train), utterances(.valid), utterances(.test))
        barred = draw.barredCount
    }
}

private enum SplitPart: String {
    case train
    case valid
    case test
}

/// What is already drawn, and what may still be.
private struct SplitDraw {
    private let utterances: [Utterance]
    private let texts: [String]
    /// Every speaker's utterances, in the order in which they are to be drawn; speakers in theirs.
    private let queues: [(speaker: [UInt8], items: [Int])]
    private let separatesSpeakers: Bool
    private var partOfText: [String: SplitPart] = [:]
    private var partOfSpeaker: [[UInt8]: SplitPart] = [:]
    private var drawn: Set<Int> = []

    init(_ utterances: [Utterance], seed: UInt64, separation: CorpusSplit.Separation) {
        let random = CountedRandom(seed: seed, stream: .corpusSplit)
        let texts = utterances.map { comparableText($0.text) }
        // By the file's name, not its folder, which differs between machines.
        let keys = zip(utterances, texts).map { utterance, text in
            let name = utterance.id.pieces { $0 == UInt8(ascii: "/") }.last ?? utterance.id
            return random.bits(at: textHash(name + "\n" + text))
        }
        let order = utterances.indices.sorted {
            keys[$0] != keys[$1] ? keys[$0] < keys[$1] : utterances[$0].id.precedes(utterances[$1].id)
        }
        queues = Dictionary(grouping: order) { (utterances[$0].speaker ?? "").bytes }
            .map {
                (
                    speaker: $0.key, items: $0.value,
                    key: random.bits(at: textHash("speaker\n" + String(decoding: $0.key, as: UTF8.self)))
                )
            }
            .sorted {
                $0.key != $1.key ? $0.key < $1.key : $0.speaker.lexicographicallyPrecedes($1.speaker)
            }
            .map { (speaker: $0.speaker, items: $0.items) }
        self.utterances = utterances
        self.texts = texts
        separatesSpeakers = separation == .speaker
    }

    /// Utterances that no remaining part may take.
    var barredCount: Int {
        utterances.indices.reduce(0) { $0 + (!drawn.contains($1) && !isFree($1, for: .train) ? 1 : 0) }
    }

    private func isFree(_ item: Int, for part: SplitPart) -> Bool {
        if let other = partOfText[texts[item]], other != part { return false }
        guard separatesSpeakers else { return true }
        return partOfSpeaker[(utterances[item].speaker ?? "").bytes, default: .train] == part
    }

    /// Gives a part as many speakers as its seconds need.
    mutating func assignSpeakers(to part: SplitPart, seconds: Double) {
        var available = 0.0
        for (speaker, items) in queues where partOfSpeaker[speaker] == nil && available < seconds {
            partOfSpeaker[speaker] = part
            for item in items where isFree(item, for: part) { available += utterances[item].durationSeconds }
        }
    }

    /// Draws a part; nil seconds draws everything allowed.
    mutating func draw(
        _ part: SplitPart, seconds: Double?, of path: String
    ) throws(ManifestError) -> [Int] {
        var items: [Int] = []
        var total = 0.0
        var cursors = [Int](repeating: 0, count: queues.count)
        var active = Array(queues.indices)
        while !active.isEmpty {
            var still: [Int] = []
            for queue in active {
                guard let item = next(queue, &cursors[queue], part) else { continue }
                let duration = utterances[item].durationSeconds
                if let seconds, total + duration > seconds {
                    guard items.isEmpty else { return items }
                    throw ManifestError(
                        path, ["\(part.rawValue) asks for \(seconds) s, less than the first utterance has"])
                }
                items.append(item)
                total += duration
                drawn.insert(item)
                partOfText[texts[item]] = part
                still.append(queue)
            }
            active = still
        }
        guard let seconds else {
            guard items.isEmpty else { return items }
            throw ManifestError(path, ["nothing is left to train on after drawing valid and test"])
        }
        throw ManifestError(
            path,
            [
                "\(part.rawValue) asks for \(minutes(seconds)) min, but \(minutes(total)) min are left for it "
                    + "after the other parts; ask for less"
            ])
    }

    private func next(_ queue: Int, _ cursor: inout Int, _ part: SplitPart) -> Int? {
        let items = queues[queue].items
        while cursor < items.count {
            cursor += 1
            let item = items[cursor - 1]
            if !drawn.contains(item) && isFree(item, for: part) { return item }
        }
        return nil
    }

    private func minutes(_ seconds: Double) -> String { "\((seconds / 6).rounded() / 10)" }
}

/// A text for comparison: its letters and digits in lower case, words separated.
///
/// A text of nothing else is kept as is.
public func comparableText(_ text: String) -> String {
    // Compared by canonical equivalence: a text in two Unicode forms is the same text.
    let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }
    return words.isEmpty ? text : words.joined(separator: " ")
}
