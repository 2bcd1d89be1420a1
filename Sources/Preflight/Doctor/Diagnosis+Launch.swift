internal import Session
internal import Tasks
internal import Training

extension Diagnosis {
    /// Ranks that do not find each other: MPI's world is smaller than what the launcher started.
    var launchFindings: [Finding] {
        let variables = [
            "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE",
            "FLUX_JOB_SIZE", "PALS_SIZE",
        ]
        let launcher = ranks[0].launcher
        guard ranks.count == 1,
            let found = variables.compactMap({ name in
                launcher[name].flatMap { Int($0) }.map { (name: name, count: $0) }
            }).first(where: { $0.count > 1 })
        else { return [] }
        return [
            Finding(
                .error, .launch, ranks: [0],
                what: "this rank thinks it is alone, but \(found.name) says \(found.count) tasks",
                why:
                    "each of \(found.count) processes would train the whole model by itself and write the same files",
                fix: launchFix(of: found.name, count: found.count))
        ]
    }

    private func launchFix(of variable: String, count: Int) -> String {
        let isStep = ranks[0].launcher["SLURM_STEP_ID"] != nil
        if variable.hasPrefix("SLURM") && !isStep {
            return "start the ranks: srun --mpi=pmix -n \(count) parp …, or mpirun -np \(count) parp …"
        }
        if variable.hasPrefix("SLURM") {
            return "srun --mpi=pmix (srun --mpi=list shows what there is), or mpirun inside the allocation"
        }
        return "start it with the mpirun of the MPI that parp was built with (ldd parp | grep libmpi)"
    }

    /// Ranks and threads that exceed the processors, or their time.
    var processorFindings: [Finding] {
        let why = "threads take turns, and every sum over ranks waits for one that is not running"
        let faults = processorFaults(ranks.map(\.placement)).map {
            Finding(.warning, .launch, ranks: $0.ranks, what: $0.what, why: why, fix: $0.fix)
        }
        return faults + quotaFindings
    }

    private struct QuotaGroup: Hashable {
        let host: String
        let group: String
        let processors: Double
    }

    private var quotaFindings: [Finding] {
        let limited = ranks.indices.compactMap { rank -> (QuotaGroup, Int)? in
            ranks[rank].quota.map {
                (
                    QuotaGroup(
                        host: ranks[rank].placement.host, group: $0.group, processors: $0.processors), rank
                )
            }
        }
        let groups = Dictionary(grouping: limited, by: \.0).mapValues { $0.map(\.1) }
        return groups.sorted { $0.value[0] < $1.value[0] }.compactMap { group, members in
            let threads = members.reduce(0) { $0 + ranks[$1].placement.threads }
            guard Double(threads) > group.processors else { return nil }
            return Finding(
                .warning, .launch, ranks: members,
                what: "\(threads) thread(s) on \(group.host) share a control group's \(group.processors) "
                    + "processors' time",
                why: "the system stops all of them for the rest of each period once its time is used up",
                fix:
                    "raise the container's limit (docker --cpus=\(threads); resources.limits.cpu: \(threads)), "
                    + "or start fewer ranks")
        }
    }

    /// Ranks whose CPU cannot do what the recipe asks.
    var precisionFindings: [Finding] {
        let lacking = those { $0.processor.bfloat16Fault != nil }
        guard needs.wantsBFloat16, let first = lacking.first else { return [] }
        return [
            Finding(
                .error, .launch, ranks: lacking,
                what: "the recipe asks for bfloat16, but \(ranks[first].processor.bfloat16Fault ?? "")",
                why: "the run would end before its first update",
                fix: "--set precision.gemm=float32, or request nodes with AVX-512 BF16")
        ]
    }
}
