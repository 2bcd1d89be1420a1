internal import Collectives
internal import Foundation
internal import Kernels
internal import Program
internal import Session

/// Checks of what ranks do together; Tests/Checks/Ranks/run.sh runs them at 1, 2, 3 and 4 ranks.
///
/// Usage: `RankChecks prepare FOLDER` alone, `RankChecks check FOLDER` under mpirun at every number of
/// ranks, and `RankChecks compare FOLDER` alone, once all have left what they computed in the folder.
@main
struct RankChecks {
    enum Stage: String {
        case prepare
        case check
        case compare
    }

    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let stage = Stage(rawValue: arguments[1]) else {
            print("usage: RankChecks prepare|check|compare FOLDER")
            exit(ExitCode.usage.rawValue)
        }
        let workplace = Workplace(folder: arguments[2])
        launch { session in
            setMathThreads(1)
            switch stage {
            case .prepare: try workplace.prepare(session)
            case .check: try check(workplace, session)
            case .compare: try compare(workplace, session)
            }
        }
    }

    private static func check(_ workplace: Workplace, _ session: Session) throws {
        let size = session.communicator.size
        let runner = CheckRunner(
            session: session, place: size == 1 ? "1 rank" : "\(size) ranks",
            report: workplace.report("check-\(size)"))
        try checkReductions(runner)
        try checkFaults(runner)
        try checkRePrunes(runner, workplace)
        try checkEvaluation(runner, workplace)
        try checkMethods(runner, workplace)
        try checkFixedMasks(runner, workplace)
        try checkSparseProducts(runner, workplace)
        try checkTrajectories(runner, workplace)
    }

    private static func compare(_ workplace: Workplace, _ session: Session) throws {
        let runner = CheckRunner(
            session: session, place: "compared", report: workplace.report("compare"))
        try compareTrajectories(runner, workplace)
    }
}
