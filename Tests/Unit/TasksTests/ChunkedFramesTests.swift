import Testing

@testable import Tasks

struct ChunkedFramesTests {
    @Test("a recording that fits is one piece")
    func short() {
        for frames in [1, 99, 100] {
            #expect(
                ChunkedFrames.pieces(of: frames, length: 100, overlap: 30)
                    == [ChunkedFrames(computed: 0..<frames, kept: 0..<frames)])
        }
    }

    @Test("pieces keep each frame once, have half the overlap around each seam, and are equally long")
    func seams() {
        for (length, overlap) in [(100, 30), (100, 31), (7, 2), (6, 0), (10, 9)] {
            for frames in length + 1...length * 5 {
                let pieces = ChunkedFrames.pieces(of: frames, length: length, overlap: overlap)
                #expect(pieces.flatMap { Array($0.kept) } == Array(0..<frames))
                #expect(pieces.allSatisfy { $0.computed.count == length && $0.computed.upperBound <= frames })
                for (left, right) in zip(pieces, pieces.dropFirst()) {
                    let seam = right.kept.lowerBound
                    #expect(left.computed.upperBound - seam == overlap / 2)
                    #expect(seam - right.computed.lowerBound >= overlap - overlap / 2)
                }
            }
        }
    }
}
