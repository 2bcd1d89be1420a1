import Collectives
import Foundation
import Tensors

/// Checks of the collectives that need processes: `mpirun -np N CollectiveChecks MODE [RANKS PER NODE [LIMIT]]`.
///
/// Run by run.sh beside it.
@main
enum CollectiveChecks {
    static func main() throws {
        let arguments = CommandLine.arguments
        let mode = arguments.count > 1 ? arguments[1] : "all"
        let communicator = try MPICommunicator(
            ranksPerNode: arguments.count > 2 ? Int(arguments[2]) : nil,
            messageLimit: arguments.count > 3 ? Int(arguments[3]) : nil)
        var findings = Findings(rank: communicator.rank)
        switch mode {
        case "all":
            for senders in [Senders.leaders, .all] {
                try communicator.setSenders(senders)
                try checkSums(communicator, &findings)
            }
            try checkPlan(communicator, &findings)
            try checkManySums(communicator, &findings)
            try checkLibrarySum(communicator, &findings)
            try checkMessages(communicator, &findings)
        case "waiting": try checkWaiting(communicator, &findings)
        case "out-of-step": try checkOutOfStep(communicator, &findings)
        case "lost": try checkLostRank(communicator, &findings)
        default:
            print("no checks are called \(mode)")
            communicator.abort(code: 64)
        }
        report(findings, of: communicator, mode: mode)
        communicator.close()
        // A rank that was killed cannot say that all is well; the others' word is in what they print.
        exit(findings.faults == 0 ? 0 : 1)
    }

    private static func report(_ findings: Findings, of communicator: MPICommunicator, mode: String) {
        guard communicator.rank == 0 || findings.faults > 0 else { return }
        print(
            "\(mode): rank \(communicator.rank) of \(communicator.size) on \(communicator.groupCount) node(s): "
                + "\(findings.count) checks, \(findings.faults) faults")
    }
}
