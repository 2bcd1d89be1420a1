import Foundation
import Testing

@testable import Tasks

struct AudioChangeTests {
    private let change = AudioChange(seed: 7, speeds: [0.9, 1, 1.1], noise: 10...20)

    @Test("an utterance has one speed per update, and all of them over time")
    func speeds() {
        let drawn = (0..<300).map { change.speed(identity: 5, update: $0) }
        #expect(drawn == (0..<300).map { change.speed(identity: 5, update: $0) })
        for speed in [0.9, 1, 1.1] {
            // A third of 300, give or take four standard deviations.
            #expect((68...132).contains(drawn.count { $0 == speed }))
        }
        #expect(drawn != (0..<300).map { change.speed(identity: 6, update: $0) })
    }

    @Test("noise has the requested power, and is the same each time")
    func noise() {
        let clean = (0..<16000).map { Float(sin(Double($0) / 20)) }
        func noise(update: Int) -> [Float] {
            var samples = clean
            change.addNoise(to: &samples, identity: 5, update: update)
            return zip(samples, clean).map { $0 - $1 }
        }
        func power(_ samples: [Float]) -> Double {
            samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
        }
        for update in 0..<5 {
            let ratio = 10 * log10(power(clean) / power(noise(update: update)))
            // The power of 16,000 normal numbers is known to about a hundredth: 0.05 dB.
            #expect((9.8...20.2).contains(ratio), "\(ratio) dB")
        }
        #expect(noise(update: 3) == noise(update: 3))
        #expect(noise(update: 3) != noise(update: 4))
    }

    @Test("without a change nothing is drawn")
    func none() {
        var samples: [Float] = [0.5, -0.5]
        AudioChange.none.addNoise(to: &samples, identity: 1, update: 1)
        #expect(samples == [0.5, -0.5] && AudioChange.none.isNone && !change.isNone)
        #expect(AudioChange.none.speed(identity: 1, update: 1) == 1)
    }
}
