package import Collectives
internal import Foundation
internal import Program
internal import Tasks
internal import Tensors
internal import Training

extension RankFacts {
    /// Collects this rank's facts; only a node's leader collects what is the same for the whole node.
    ///
    /// - Parameters:
    ///   - output: The run directory to be used.
    ///   - token: The name of a file just written by rank 0 beside it.
    package init(needs: RecipeNeeds, communicator: any Communicator, output: String, token: String) {
        let environment = ProcessInfo.processInfo.environment
        placement = .own(host: communicator.hostName, threads: needs.threads)
        leadsNode = communicator.nodeRank == 0
        launcher = environment.filter { LaunchVariables.isOfLauncher($0.key) }.mapValues(Self.short)
        settings = environment.filter { LaunchVariables.isSetting($0.key) }.mapValues(Self.short)
        program = Program(
            hash: leadsNode ? FileDigest(path: "/proc/self/exe", wholeBelow: .max)?.hash ?? "" : "",
            version: parpVersion, library: Self.short(communicator.libraryVersion))
        let processors = systemTable("/proc/cpuinfo")
        processor = Processor(
            model: tableValue("model name", in: processors) ?? "",
            features: knownFeatures(ofProcessors: processors),
            bfloat16Fault: bfloat16Fault(), matrixCore: matrixCoreName(),
            precision: leadsNode ? Self.probePrecision() : nil)
        memory = Memory(environment: environment)
        quota = Quota.own()
        ptraceScope = systemLine("/proc/sys/kernel/yama/ptrace_scope").flatMap { Int($0) }
        limits = Limits(table: systemTable("/proc/self/limits"))
        hasFabric = FileManager.default.fileExists(atPath: "/sys/class/infiniband")
        clock = Date().timeIntervalSince1970
        guard leadsNode else { return }
        interfaces = Interface.all()
        files = needs.files.map { File(path: $0) }
        cache = needs.recipe.isEmpty || needs.featureBytes > 0 ? Folder(path: needs.ownCacheDirectory) : nil
        self.output = Folder(path: output, token: token)
    }

    /// The products of base's feed-forward, for two and a half seconds of audio.
    private static func probePrecision() -> PrecisionProbe {
        var layout = ParameterLayout()
        _ = layout.add(
            "intermediate", [3072, 768], role: .prunable(layer: 0, kind: .firstFeedForward),
            initializer: .zeros)
        return PrecisionProbe(layout, frames: 128, heldSparsity: 0)
    }

    /// An external value, truncated if long.
    private static func short(_ value: String) -> String { String(value.prefix(200)) }
}

/// The environment variables that matter.
enum LaunchVariables {
    /// Whether a variable states the number of ranks, or this rank's number.
    static func isOfLauncher(_ name: String) -> Bool {
        [
            "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_ID", "SLURM_PROCID", "OMPI_COMM_WORLD_SIZE",
            "OMPI_COMM_WORLD_RANK", "PMI_SIZE", "PMI_RANK", "PMIX_RANK", "MV2_COMM_WORLD_SIZE",
            "FLUX_JOB_SIZE", "PALS_SIZE",
        ].contains(name)
    }

    /// Whether a variable changes numbers or messages, and should be the same on all ranks.
    static func isSetting(_ name: String) -> Bool {
        // Of Open MPI's own, only those that people set: others differ by rank.
        let prefixes = [
            "OMPI_MCA_btl", "OMPI_MCA_pml", "OMPI_MCA_mtl", "OMPI_MCA_coll", "OMPI_MCA_osc", "OMPI_MCA_smsc",
            "OMPI_MCA_oob_tcp_if", "UCX_", "MPIR_CVAR_", "MPICH_", "FI_", "I_MPI_", "PARP_", "ONEDNN_",
            "DNNL_", "OPENBLAS_", "OMP_", "LC_", "MALLOC_",
        ]
        return ["LANG", "LD_LIBRARY_PATH", "LD_PRELOAD", "GLIBC_TUNABLES"].contains(name)
            || prefixes.contains { name.hasPrefix($0) }
    }
}

extension RankFacts.Memory {
    fileprivate init(environment: [String: String]) {
        let table = systemTable("/proc/meminfo")
        total = memoryValue("MemTotal", in: table) ?? 0
        available = memoryValue("MemAvailable", in: table) ?? 0
        limit = Self.groupLimit()
        sharedFolder = environment["PARP_SHARED_FOLDER"] ?? "/dev/shm"
        sharedIsWritable = Self.canMakeFile(in: sharedFolder)
        let space = try? FileManager.default.attributesOfFileSystem(forPath: sharedFolder)
        sharedTotal = (space?[.systemSize] as? NSNumber)?.intValue ?? 0
        sharedFree = (space?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        hasHugePages = systemLine("/sys/kernel/mm/transparent_hugepage/enabled")?.contains("[never]") != true
    }

    /// Whether a file can be created in a folder, as a run does: permissions do not reveal a read-only mount.
    private static func canMakeFile(in folder: String) -> Bool {
        let path = "\(folder)/parp-doctor-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        return FileManager.default.createFile(atPath: path, contents: Data())
    }

    /// What the control group has left, counting its page cache as free.
    private static func groupLimit() -> Int? {
        ControlGroup.own.paths("memory.max", old: "memory", "memory.limit_in_bytes").compactMap {
            path -> Int? in
            // Version 1 writes a number near the maximum to mean none.
            guard let limit = systemLine(path).flatMap({ Int($0) }), limit < 1 << 60 else { return nil }
            let folder = (path as NSString).deletingLastPathComponent
            let used = systemLine("\(folder)/memory.current") ?? systemLine("\(folder)/memory.usage_in_bytes")
            let files =
                systemTable("\(folder)/memory.stat").split(separator: "\n")
                .first { $0.hasPrefix("inactive_file ") }?.split(separator: " ").last.flatMap { Int($0) }
            return max(0, limit - max(0, (used.flatMap { Int($0) } ?? 0) - (files ?? 0)))
        }.min()
    }
}

extension RankFacts.Quota {
    fileprivate static func own() -> Self? {
        let group = ControlGroup.own
        let new = group.paths("cpu.max").compactMap { systemLine($0).flatMap(processorQuota) }
        let old = group.paths("", old: "cpu", "cpu.cfs_quota_us").compactMap { path -> Double? in
            let period = path.replacingOccurrences(of: "cfs_quota", with: "cfs_period")
            return processorQuota("\(systemLine(path) ?? "") \(systemLine(period) ?? "")")
        }
        return (new + old).min().map { Self(group: group.name, processors: $0) }
    }
}

/// The control group that this process runs in.
private struct ControlGroup {
    let name: String

    static let own = ControlGroup(table: systemTable("/proc/self/cgroup"))

    private init(table: String) {
        let lines = table.split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }
        let line =
            lines.first { $0.count == 3 && $0[0] == "0" && $0[1].isEmpty } ?? lines.first { $0.count == 3 }
        name = line.map { String($0[2]) } ?? "/"
    }

    /// A setting's files in this group and its parents, in the unified hierarchy and, if requested, the old
    /// one.
    func paths(_ setting: String, old controller: String? = nil, _ oldSetting: String = "") -> [String] {
        var parts = name.split(separator: "/")
        var paths: [String] = []
        while true {
            let folder = parts.map { "/" + $0 }.joined()
            if !setting.isEmpty { paths.append("/sys/fs/cgroup\(folder)/\(setting)") }
            if let controller { paths.append("/sys/fs/cgroup/\(controller)\(folder)/\(oldSetting)") }
            guard !parts.isEmpty else { return paths }
            parts.removeLast()
        }
    }
}

extension RankFacts.Limits {
    /// The limits from a table like `/proc/self/limits`.
    package init(table: String) {
        openFiles = softLimit("Max open files", in: table)
        lockedBytes = softLimit("Max locked memory", in: table)
        addressSpace = softLimit("Max address space", in: table)
    }
}

extension RankFacts.Interface {
    fileprivate static func all() -> [Self] {
        let root = "/sys/class/net"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().filter { $0 != "lo" && systemLine("\(root)/\($0)/operstate") != "down" }.map {
            Self(
                name: $0, speed: max(0, systemLine("\(root)/\($0)/speed").flatMap { Int($0) } ?? 0),
                isVirtual: isVirtualInterface($0))
        }
    }
}

extension RankFacts.File {
    fileprivate init(path: String) {
        self.path = path
        guard let digest = FileDigest(path: path, wholeBelow: 64 << 20) else { return }
        size = digest.size
        modified = digest.modified
        hash = digest.hash
    }
}

extension RankFacts.Folder {
    fileprivate init(path: String, token: String? = nil) {
        let files = FileManager.default
        self.path = path
        let folder = existingFolder(above: path)
        isWritable = files.isWritableFile(atPath: folder)
        let space = try? files.attributesOfFileSystem(forPath: folder)
        free = (space?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        filesystem = filesystemType(of: folder, mounts: systemTable("/proc/self/mounts"))
        if let token { seesToken = files.fileExists(atPath: folder + "/" + token) }
    }
}

/// The nearest folder that exists: the path itself, or one above it.
func existingFolder(above path: String) -> String {
    var folder = URL(fileURLWithPath: path).standardizedFileURL.path
    var isDirectory: ObjCBool = false
    while folder != "/",
        !(FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory)
            && isDirectory.boolValue)
    {
        folder = (folder as NSString).deletingLastPathComponent
    }
    return URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
}
