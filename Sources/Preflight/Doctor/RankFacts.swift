package import Training

/// A rank's facts about its launch and its machine.
///
/// Facts only: `Diagnosis` interprets them, on rank 0, for all ranks together.
package struct RankFacts: Codable, Sendable, Equatable {
    /// Processors and threads, with the node's name.
    package var placement = RankPlacement(host: "", processors: [], threads: 1)
    /// Whether it collects the facts common to its node.
    var leadsNode = true
    /// The variables with which launchers and batch systems state the number of ranks.
    package var launcher: [String: String] = [:]
    /// The variables that change numbers or messages.
    package var settings: [String: String] = [:]
    package var program = Program()
    package var processor = Processor()
    package var memory = Memory()
    /// The processor time allowed by the control group; nil without a limit.
    var quota: Quota?
    /// The error number of reading a neighbour's memory; 0 if that is allowed.
    package var singleCopyError = 0
    /// `kernel.yama.ptrace_scope`; nil without Yama.
    var ptraceScope: Int?
    package var limits = Limits()
    /// Whether there is an InfiniBand or Omni-Path adapter.
    var hasFabric = false
    /// Seconds since 1970, read after a barrier.
    package var clock = 0.0
    /// Network interfaces that are up, except loopback; only on a node's leader, like all below.
    var interfaces: [Interface] = []
    /// The files whose content determines a run.
    package var files: [File] = []
    /// The feature cache.
    package var cache: Folder?
    /// The folder for the run.
    package var output: Folder?

    /// The running program.
    package struct Program: Codable, Sendable, Equatable {
        /// A hash of the executable file.
        package var hash = ""
        package var version = ""
        /// The MPI library.
        package var library = ""
    }

    /// The CPU.
    package struct Processor: Codable, Sendable, Equatable {
        package var model = ""
        /// The instruction sets for which kernels have versions, sorted.
        package var features: [String] = []
        /// Why it cannot multiply bfloat16; nil if it can.
        var bfloat16Fault: String?
        /// The kind of CPU that the product library detects; empty if it does not say.
        var matrixCore = ""
        /// The time of a layer's products in each precision; only on a node's leader.
        var precision: PrecisionProbe?
    }

    /// The node's memory, in bytes.
    package struct Memory: Codable, Sendable, Equatable {
        package var total = 0
        /// The memory still available from the system.
        package var available = 0
        /// The memory left by the control group; nil without a limit.
        package var limit: Int?
        /// Where MPI keeps shared windows.
        var sharedFolder = "/dev/shm"
        /// Whether files can be created there: in a container it may be read-only.
        var sharedIsWritable = true
        var sharedTotal = 0
        var sharedFree = 0
        /// Whether the system gives huge pages on request.
        var hasHugePages = true
    }

    /// A control group's limit.
    struct Quota: Codable, Sendable, Equatable {
        var group = ""
        var processors = 0.0
    }

    /// Limits of the process; nil where there is none.
    package struct Limits: Codable, Sendable, Equatable {
        var openFiles: Int?
        var lockedBytes: Int?
        var addressSpace: Int?
    }

    /// A network interface.
    struct Interface: Codable, Sendable, Equatable {
        var name = ""
        /// Megabits per second; 0 if unknown.
        var speed = 0
        /// Whether it is a bridge or a tunnel, not a physical link.
        var isVirtual = false
    }

    /// A file as a node sees it.
    package struct File: Codable, Sendable, Equatable {
        package var path = ""
        /// Bytes; nil if it cannot be read.
        package var size: Int?
        /// Seconds since 1970.
        var modified = 0
        /// A hash of the content; for large files, of pieces of it.
        package var hash = ""
    }

    /// A folder, or the nearest one above it that exists.
    package struct Folder: Codable, Sendable, Equatable {
        package var path = ""
        var isWritable = true
        package var free = 0
        var filesystem = ""
        /// Whether what rank 0 wrote there is visible.
        var seesToken = true
    }
}
