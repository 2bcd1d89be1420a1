/// A piece of a long recording: the frames computed together, and those of them that are kept.
package struct ChunkedFrames: Equatable {
    package let computed: Range<Int>
    package let kept: Range<Int>

    /// A piece.
    package init(computed: Range<Int>, kept: Range<Int>) {
        self.computed = computed
        self.kept = kept
    }

    /// The pieces of a recording, in order; the kept frames cover each frame once.
    ///
    /// Seams are between frames, not in text: kept frames have half the overlap as context on either side.
    ///
    /// - Parameters:
    ///   - frames: The number of the recording's frames.
    ///   - length: The maximum number of frames computed together.
    ///   - overlap: The frames that two neighbours share, fewer than `length`.
    package static func pieces(of frames: Int, length: Int, overlap: Int) -> [ChunkedFrames] {
        guard frames > length else { return [ChunkedFrames(computed: 0..<frames, kept: 0..<frames)] }
        var pieces: [ChunkedFrames] = []
        var start = 0
        var seam = 0
        while true {
            let end = min(frames, start + length)
            let next = end == frames ? frames : end - overlap / 2
            pieces.append(ChunkedFrames(computed: start..<end, kept: seam..<next))
            guard end < frames else { return pieces }
            seam = next
            // The last piece is as long as the others: it starts earlier instead.
            start = min(start + length - overlap, frames - length)
        }
    }
}
