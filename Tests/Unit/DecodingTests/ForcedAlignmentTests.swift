import Decoding
import Foundation
import Tensors
import Testing

struct ForcedAlignmentTests {
    @Test("the path is the likeliest of all that give the text", arguments: UInt64(1)...6)
    func exhaustive(seed: UInt64) throws {
        let (frames, columns) = (6, 3)
        let buffer = logits(frames: frames, tokens: columns, seed: seed)
        let all = buffer.all.reshaped(rows: frames, columns: columns)
        for tokens in [[], [1], [1, 2], [1, 1], [2, 1, 2], [1, 1, 2, 2]] {
            var best = -Double.infinity
            var bestPath: [Int] = []
            for number in 0..<Int(pow(3.0, 6.0)) {
                var (rest, score, path) = (number, 0.0, [Int]())
                for frame in 0..<frames {
                    let row = (0..<columns).map { Double(all[frame, $0]) }
                    score += row[rest % 3] - log(row.reduce(0) { $0 + exp($1) })
                    path.append(rest % 3)
                    rest /= 3
                }
                let merged = path.indices.filter { path[$0] != 0 && ($0 == 0 || path[$0] != path[$0 - 1]) }
                if merged.map({ path[$0] }) == tokens && score > best { (best, bestPath) = (score, path) }
            }
            let found = try #require(forcedAlignment(all, tokens: tokens, blank: 0))
            // float32 against float64 over six frames.
            #expect(abs(found.logProbability - best) < 1e-4)
            var path = [Int](repeating: 0, count: frames)
            for span in found.spans { for frame in span.frames { path[frame] = span.token } }
            #expect(path == bestPath, "\(tokens)")
            #expect(found.spans.map(\.token) == tokens && found.spans.allSatisfy { !$0.frames.isEmpty })
        }
    }

    @Test("a text that needs more frames than there are has no path")
    func tooShort() {
        let buffer = logits(frames: 3, tokens: 3, seed: 1)
        let all = buffer.all.reshaped(rows: 3, columns: 3)
        #expect(forcedAlignment(all, tokens: [1, 1], blank: 0) != nil)
        #expect(forcedAlignment(all, tokens: [1, 1, 1], blank: 0) == nil)
        #expect(forcedAlignment(all, tokens: [1, 2, 1, 2], blank: 0) == nil)
    }

    @Test("a text that is longer than the window is found, frame for frame")
    func longText() throws {
        // Three frames a token, then a blank; tokens in an order that does not repeat soon.
        let tokens = (0..<700).map { 1 + ($0 * $0 / 3 + $0) % 5 }
        let frames = 4 * tokens.count
        let buffer = logits(frames: frames, tokens: 6, seed: 9, spread: 0.5)
        let all = buffer.all.reshaped(rows: frames, columns: 6)
        for frame in 0..<frames { all[frame, frame % 4 == 3 ? 0 : tokens[frame / 4]] += 12 }
        let found = try #require(forcedAlignment(all, tokens: tokens, blank: 0))
        #expect(found.spans.map(\.frames) == tokens.indices.map { 4 * $0..<4 * $0 + 3 })
    }
}
