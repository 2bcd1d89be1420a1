package import Training

/// What one rank sees of how it was started and of its machine.
///
/// Facts only: what they mean is `Diagnosis`'s to say, on rank 0, for all of them together.
package struct RankFacts: Codable, Sendable, Equatable {
    /// Processors and threads, with the node's name.
    package var placement = RankPlacement(host: "", processors: [], threads: 1)
    /// Whether it collects what is the same for all ranks of its node.
    var leadsNode = true
    /// The variables by which launchers and batch systems say how many ranks there are.
    package var launcher: [String: String] = [:]
    /// The variables that change numbers or messages.
    package var settings: [String: String] = [:]
    package var program = Program()
    package var processor = Processor()
    package var memory = Memory()
    /// The processors' time that the control group allows; nil if it sets no limit.
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
    /// Network interfaces that are up, without the loopback; of a node's leader, as all below.
    var interfaces: [Interface] = []
    /// The files whose content decides a run.
    package var files: [File] = []
    /// Where features are kept.
    package var cache: Folder?
    /// Where the run is to be written.
    package var output: Folder?

    /// What runs.
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
        /// The instruction sets that the kernels know versions for, sorted.
        package var features: [String] = []
        /// Why it multiplies no bfloat16; nil if it does.
        var bfloat16Fault: String?
        /// The kind of CPU that the library of products takes it for; empty where it does not say.
        var matrixCore = ""
        /// What products of a layer take in each precision; of a node's leader.
        var precision: PrecisionProbe?
    }

    /// The node's memory, in bytes.
    package struct Memory: Codable, Sendable, Equatable {
        package var total = 0
        /// What the system could still give.
        package var available = 0
        /// What the control group leaves; nil if it sets no limit.
        package var limit: Int?
        /// Where MPI keeps shared windows.
        var sharedFolder = "/dev/shm"
        /// Whether files can be made there: a container may have it read-only.
        var sharedIsWritable = true
        var sharedTotal = 0
        var sharedFree = 0
        /// Whether the system gives huge pages to who asks.
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
        /// Megabits a second; 0 if unknown.
        var speed = 0
        /// Whether it is a bridge or a tunnel and not a wire.
        var isVirtual = false
    }

    /// A file as a node sees it.
    package struct File: Codable, Sendable, Equatable {
        package var path = ""
        /// Bytes; nil if it cannot be read.
        package var size: Int?
        /// Seconds since 1970.
        var modified = 0
        /// A hash of the content; of large files, of pieces of it.
        package var hash = ""
    }

    /// A folder, or the nearest one above it that exists.
    package struct Folder: Codable, Sendable, Equatable {
        package var path = ""
        var isWritable = true
        package var free = 0
        var filesystem = ""
        /// Whether what rank 0 wrote there is seen.
        var seesToken = true
    }
}
