/// NIST's time-marked words (.ctm; sclite's format): recording, channel, start, duration, word, confidence.
public func timeMarkedWords(_ words: [TimedWord], recording: String) -> String {
    // White space separates fields.
    let name = Text.words(recording).joined(separator: "_")
    return words.map { word in
        "\(name) 1 \(decimal(word.start, 3)) \(decimal(word.end - word.start, 3)) \(word.text) \(decimal(word.confidence, 3))\n"
    }.joined()
}

/// Praat's intervals (.TextGrid), in its long format: one tier, which covers the whole recording.
public func textGrid(_ words: [TimedWord], seconds: Double) -> String {
    var intervals: [(start: Double, end: Double, text: String)] = []
    var place = 0.0
    for word in words {
        let start = max(place, word.start)
        let end = min(max(start, word.end), seconds)
        guard end > start else { continue }
        if start > place { intervals.append((place, start, "")) }
        intervals.append((start, end, word.text))
        place = end
    }
    if place < seconds { intervals.append((place, seconds, "")) }
    var text = """
        File type = "ooTextFile"
        Object class = "TextGrid"

        xmin = 0
        xmax = \(decimal(seconds, 6))
        tiers? <exists>
        size = 1
        item []:
            item [1]:
                class = "IntervalTier"
                name = "words"
                xmin = 0
                xmax = \(decimal(seconds, 6))
                intervals: size = \(intervals.count)

        """
    for (index, interval) in intervals.enumerated() {
        let quoted = interval.text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"")
        text += """
                    intervals [\(index + 1)]:
                        xmin = \(decimal(interval.start, 6))
                        xmax = \(decimal(interval.end, 6))
                        text = "\(quoted)"

            """
    }
    return text
}

/// A non-negative number with this many decimals.
private func decimal(_ number: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = Int((max(0, number) * scale).rounded())
    return "\(scaled / Int(scale)).\(padded(scaled % Int(scale), digits))"
}
