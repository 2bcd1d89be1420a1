internal import Collectives
internal import Foundation
internal import Kernels
internal import Program
internal import Session
internal import Tensors

/// The processors that a rank may use, and the threads it will run on them.
package struct RankPlacement: Codable, Sendable, Equatable {
    /// The node's name.
    package let host: String
    /// The processors that the launcher and the batch system allow; empty if the system does not say.
    package let processors: [Int]
    /// `distributed.threads_per_rank`.
    package let threads: Int

    /// A placement.
    package init(host: String, processors: [Int], threads: Int) {
        self.host = host
        self.processors = processors
        self.threads = threads
    }

    /// The placement of this process.
    package static func own(host: String, threads: Int) -> RankPlacement {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let list = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        let ranges = list?.split(separator: ":").last.map { String($0) } ?? ""
        return RankPlacement(host: host, processors: processorList(ranges), threads: threads)
    }
}

/// The processors of a list in Linux's format: `0-3,8`.
func processorList(_ text: String) -> [Int] {
    text.split(separator: ",").flatMap { part -> [Int] in
        let bounds = part.split(separator: "-").compactMap {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        guard let first = bounds.first, let last = bounds.last, (0...65_536).contains(first),
            (first...65_536).contains(last)
        else { return [] }
        return Array(first...last)
    }
}

/// Ranks with more threads than the processors they may use.
package struct ProcessorFault: Sendable, Equatable {
    /// The ranks, in ascending order.
    package let ranks: [Int]
    /// What is wrong.
    package let what: String
    /// What helps.
    package let fix: String
}

/// What is wrong with the placement of ranks and threads on processors; empty if nothing is.
///
/// Surplus threads take turns: every sum over ranks then waits for one that is not running.
package func processorFaults(_ ranks: [RankPlacement]) -> [ProcessorFault] {
    let known = ranks.enumerated().filter { !$0.element.processors.isEmpty }
    var faults: [ProcessorFault] = []
    for (host, members) in Dictionary(grouping: known, by: \.element.host).sorted(by: { $0.key < $1.key }) {
        let processors = Set(members.flatMap(\.element.processors)).count
        let threads = members.reduce(0) { $0 + $1.element.threads }
        if threads > processors {
            let what = members.count == 1 ? "1 rank" : "\(members.count) ranks"
            faults.append(
                ProcessorFault(
                    ranks: members.map(\.offset),
                    what:
                        "\(what) of \(threads) thread(s) in all share \(processors) processor(s) of \(host)",
                    fix: "start fewer ranks there, or lower distributed.threads_per_rank"))
            continue
        }
        // Enough processors for all, but a group of ranks is bound to too few of them.
        let bound = Dictionary(grouping: members, by: \.element.processors)
        for (own, crowd) in bound.sorted(by: { $0.value[0].offset < $1.value[0].offset }) {
            let wanted = crowd.reduce(0) { $0 + $1.element.threads }
            guard wanted > own.count else { continue }
            let names = crowd.map { String($0.offset) }.joined(separator: ", ")
            let each = crowd[0].element.threads
            faults.append(
                ProcessorFault(
                    ranks: crowd.map(\.offset),
                    what: "rank \(names) on \(host) runs \(wanted) thread(s) but is bound to "
                        + "\(own.count) processor(s)",
                    fix: "bind each rank to \(each): mpirun --map-by slot:PE=\(each), "
                        + "or srun --cpus-per-task=\(each)"))
        }
    }
    return faults
}

/// The faults as sentences, each with its fix.
func processorWarnings(_ ranks: [RankPlacement]) -> [String] {
    processorFaults(ranks).map { "\($0.what); \($0.fix)" }
}

extension Session {
    /// Sets this rank's threads, refuses a precision that this machine lacks, reports how ranks are placed on
    /// processors, and warns if they do not fit.
    func prepareProducts(
        threads: Int, precision: GEMMPrecision, reportsBindings: Bool = false, isQuiet: Bool = false
    ) throws {
        setMathThreads(threads)
        try together {
            if let fault = unavailability(of: precision) { throw UserError(.usage, fault) }
        }
        let placements = try exchange(
            RankPlacement.own(host: communicator.hostName, threads: threads))
        guard isRoot else { return }
        if precision == .bfloat16 && emulatesBFloat16 {
            print("warning: bfloat16 products are emulated (PARP_BFLOAT16=emulated), slower than float32")
        }
        if !isQuiet || reportsBindings {
            for line in bindingReport(placements, each: reportsBindings) { print(line) }
        }
        for warning in processorWarnings(placements) { print("warning: \(warning)") }
    }
}
