import Foundation
import Reports
import Testing

@testable import Training

struct ProgressTests {
    @Test("a line never exceeds its terminal, and drops its last parts first", arguments: [40, 60, 80, 200])
    func width(_ columns: Int) {
        let line = ProgressLine(
            share: 0.5,
            parts: ["500/1000", "loss 1.234", "CER 24.5 %", "50 % zeros", "33.1 audio s/s", "2 min 3 s left"])
        let text = line.text(columns: columns)
        #expect(text.count < columns)
        #expect(text.contains("500/1000") && text.contains(" 50 %"))
        #expect(text.contains("left") == (columns >= 80 + 20))
    }

    @Test("a pseudo-terminal that a launcher made for a rank is not its own terminal, and a file is none")
    func terminal() throws {
        var (leader, follower): (Int32, Int32) = (0, 0)
        try #require(openpty(&leader, &follower, nil, nil, nil) == 0)
        defer {
            close(leader)
            close(follower)
        }
        #expect(isatty(follower) == 1 && !isOwnTerminal(follower))
        let file = open("/dev/null", O_WRONLY)
        #expect(!isOwnTerminal(file))
        close(file)
    }

    @Test("the bar is empty at the start and full at the end")
    func bar() {
        #expect(ProgressLine(share: 0, parts: ["0/9"]).text(columns: 80).hasPrefix("[......"))
        let full = ProgressLine(share: 1, parts: ["9/9"]).text(columns: 80)
        #expect(!full.contains(".") && full.hasPrefix("[####") && full.contains("100 %"))
    }

    @Test("a smoothed loss of equal losses is that loss from the first on, and no value is left out")
    func smoothing() {
        var loss = SmoothedValue()
        for _ in 0..<3 { loss.add(2) }
        loss.add(.nan)
        loss.add(.infinity)
        // Weights 0.05 · 0.95^k cancel to within rounding.
        #expect(abs(loss.value - 2) < 1e-12)
        loss.add(4)
        #expect(loss.value > 2 && loss.value < 4)
    }
}
