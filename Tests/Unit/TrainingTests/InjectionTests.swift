import Foundation
import TestSupport
import Testing

@testable import Preflight
@testable import Training

struct InjectionParsingTests {
    @Test("what a user writes becomes an action, a rank, an update and a phase")
    func parsing() throws {
        let kill = try Injection(parsing: "kill@rank=2:step=7")
        #expect(kill.action == .kill && kill.rank == 2 && kill.step == 7 && kill.phase == .data)
        let delay = try Injection(parsing: "delay@step=3:seconds=0.5:phase=prune:rank=1")
        #expect(delay.action == .delay(seconds: 0.5) && delay.phase == .prune && delay.rank == 1)
        #expect(try Injection(parsing: "signal@step=1:signal=USR1").action == .signal(SIGUSR1))
        #expect(try Injection(parsing: "signal@step=1").action == .signal(SIGTERM))
        #expect(try Injection(parsing: "nan@step=1").action == .notANumber(tensor: nil))
        #expect(
            try Injection(parsing: "nan@step=1:tensor=lm_head.bias").action
                == .notANumber(tensor: "lm_head.bias"))
        #expect(try Injection(parsing: "truncate@step=6").action == .truncate)
        #expect(try Injection(parsing: "enospc@step=6").action == .noSpace)
    }

    @Test(
        "anything else is refused with a reason and examples",
        arguments: [
            ("kill", "there is no @"), ("kill@", "\"\" is not key=value"), ("kill@rank=1", "step is missing"),
            ("kill@step=x", "step is \"x\", not a whole number from 0 to 1000000000"),
            ("kill@step=-1", "step is \"-1\""), ("kill@step=9999999999999999999999", "step is \""),
            ("kill@step=1:step=2", "step is given twice"),
            ("kill@step=1:seconds=3", "kill has no \"seconds\""),
            ("explode@step=1", "unknown action \"explode\""), ("delay@step=1", "seconds is missing"),
            ("delay@step=1:seconds=1e9", "seconds is \"1e9\", not from 0.0 to 3600.0"),
            ("delay@step=1:seconds=nan", "seconds is \"nan\""),
            ("kill@step=1:phase=lunch", "phase is \"lunch\""),
            ("fail@step=1:phase=backward", "fail has no \"phase\""), ("@step=1", "unknown action \"\""),
            ("kill@step=1" + String(repeating: ":rank=1", count: 100), "longer than 200 characters"),
        ])
    func refusals(text: String, reason: String) {
        let message = fault { try Injection(parsing: text) }
        #expect(message.contains(reason) && message.contains("kill@rank=2:step=7"), "\(message)")
    }

    @Test("mutated injections are parsed or refused, nothing else")
    func mutated() {
        let original = Array("delay@rank=1:step=3:seconds=5:phase=backward".utf8)
        for text in mutations(of: original, count: 20_000, seed: 5) {
            _ = try? Injection(parsing: String(decoding: text, as: UTF8.self))
        }
    }
}
