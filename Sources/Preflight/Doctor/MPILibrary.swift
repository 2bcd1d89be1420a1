/// Which MPI carries messages, and what its launcher is to be told.
enum MPILibrary: Equatable {
    case openMPI
    case mpich
    case cray
    case intel
    case mvapich
    case other
    /// One rank that no launcher started.
    case none

    /// The library of a version that it states itself (`MPI_Get_library_version`).
    init(version: String) {
        let known: [(String, MPILibrary)] = [
            ("none (", .none), ("Open MPI", .openMPI), ("CRAY MPICH", .cray), ("Intel(R) MPI", .intel),
            ("MVAPICH", .mvapich), ("MPICH", .mpich),
        ]
        self = known.first { version.contains($0.0) }?.1 ?? .other
    }

    /// The command that starts this many ranks per node, each with its own cores; nil if unknown.
    func launch(ranks: Int, perNode: Int, threads: Int) -> String? {
        switch self {
        case .openMPI: "mpirun -np \(ranks) --map-by ppr:\(perNode):node:PE=\(threads) --bind-to core"
        case .mpich: "mpiexec -n \(ranks) -ppn \(perNode) -bind-to core:\(threads)"
        case .mvapich: "MV2_ENABLE_AFFINITY=0 mpiexec -n \(ranks) -ppn \(perNode) -bind-to core:\(threads)"
        case .intel: "I_MPI_PIN_DOMAIN=\(threads) mpiexec -n \(ranks) -ppn \(perNode)"
        case .cray:
            "srun -n \(ranks) --ntasks-per-node=\(perNode) --cpus-per-task=\(threads) --cpu-bind=cores"
        case .other, .none: nil
        }
    }

    /// The first line of a stated version, without what it is followed by.
    static func name(_ version: String) -> String {
        let line = version.split(whereSeparator: { "\n,\0".contains($0) }).first.map(String.init) ?? version
        return line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
