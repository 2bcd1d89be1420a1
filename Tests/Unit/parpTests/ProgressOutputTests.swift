import Foundation
import Testing

struct ProgressOutputTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test("a log of one rank under mpirun has lines and no bar, though mpirun shows the rank a terminal")
    func launcher() throws {
        let outcome = try run(
            [
                "timeout", "90", "mpirun", "-np", "1", parpCommand.path, "train", "recipe.toml", "--output",
                "run",
            ],
            in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.output.contains("update 8/8  loss"), "\(outcome.output)")
        #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("["), "\(outcome.output)")
    }

    @Test("a run in a terminal of its own has a bar")
    func terminal() throws {
        let command = "timeout 90 \(parpCommand.path) train recipe.toml --output run"
        let outcome = try run(["script", "-qec", command, "/dev/null"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.output.contains("\u{1B}[K[") && outcome.output.contains("100 %"), "\(outcome.output)")
    }
}
