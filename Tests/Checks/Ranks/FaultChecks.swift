internal import Collectives
internal import Program
internal import Session

/// How ranks find out that they differ, or that one of them failed.
func checkFaults(_ runner: CheckRunner) throws {
    let communicator = runner.communicator
    let (rank, ranks) = (communicator.rank, communicator.size)
    try runner.check("equal hashes agree; a rank whose hash differs is named on all ranks") { findings in
        try communicator.agree(on: 77, what: "the mask")
        for differing in 1..<max(2, ranks) where ranks > 1 {
            var message = ""
            do {
                try communicator.agree(on: rank == differing ? 78 : 77, what: "the mask")
            } catch {
                message = "\(error)"
            }
            findings.expect(
                message.contains("the mask of rank \(differing) differs from rank 0's"), "said: \(message)")
        }
    }
    try runner.check("what fails on one rank fails on all, with its message") { findings in
        for failing in 0..<ranks {
            var message = ""
            do {
                try runner.session.together {
                    if rank == failing { throw UserError(.data, "disk of rank \(failing) is full") }
                }
            } catch {
                message = "\(error)"
            }
            findings.expect(message == "disk of rank \(failing) is full", "said: \(message)")
        }
        let value = try runner.session.together { rank * 10 }
        findings.expect(value == rank * 10, "what succeeds gave \(value)")
    }
    try runner.check("different faults are told apart by rank, equal ones told once") { findings in
        var message = ""
        do {
            try runner.session.together { throw UserError(.data, "fault \(rank)") }
        } catch {
            message = "\(error)"
        }
        let lines = (0..<ranks).map { "rank \($0): fault \($0)" }.joined(separator: "\n")
        findings.expect(message == (ranks > 1 ? lines : "fault 0"), "said: \(message)")
        do {
            try runner.session.together { throw UserError(.data, "the same fault") }
        } catch {
            message = "\(error)"
        }
        findings.expect(message == "the same fault", "said: \(message)")
    }
    try runner.check("exchanged values come in the order of ranks") { findings in
        let texts = try runner.session.exchange(["rank", String(rank), String(repeating: "ü", count: rank)])
        let expected = (0..<ranks).map { ["rank", String($0), String(repeating: "ü", count: $0)] }
        findings.expect(texts == expected, "got \(texts)")
    }
}
