internal import Foundation

// Parsers for the tables in Linux's /proc and /sys.

/// The value after a name in a table of `name: value` lines, such as `/proc/cpuinfo`.
func tableValue(_ name: String, in table: String) -> String? {
    for line in table.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
        return parts[1].trimmingCharacters(in: .whitespaces)
    }
    return nil
}

/// Bytes from a line of `/proc/meminfo`, which counts kibibytes.
func memoryValue(_ name: String, in table: String) -> Int? {
    guard let number = tableValue(name, in: table)?.split(separator: " ").first, let kibibytes = Int(number),
        kibibytes <= Int.max / 1024
    else { return nil }
    return kibibytes * 1024
}

/// The soft limit in a line of `/proc/self/limits`; nil if unlimited or missing.
func softLimit(_ name: String, in table: String) -> Int? {
    guard let line = table.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
}

/// The instruction sets among a CPU's flags for which kernels have versions, sorted.
func knownFeatures(ofProcessors table: String) -> [String] {
    let known: Set<Substring> = [
        "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16",
        "avx512_fp16", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8", "asimd", "bf16", "sve", "sve2",
    ]
    let flags = tableValue("flags", in: table) ?? tableValue("Features", in: table) ?? ""
    return Set(flags.split(separator: " ")).intersection(known).map(String.init).sorted()
}

/// The processor time allowed by a line of `cpu.max`: quota and period in microseconds; nil for `max`.
func processorQuota(_ line: String) -> Double? {
    let parts = line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return nil }
    return parts[0] / parts[1]
}

/// The file system type of a path, by the longest mount point above it in `/proc/self/mounts`.
func filesystemType(of path: String, mounts: String) -> String {
    var best = (length: -1, type: "")
    for line in mounts.split(separator: "\n") {
        let fields = line.split(separator: " ")
        guard fields.count > 2 else { continue }
        let point = fields[1].replacingOccurrences(of: "\\040", with: " ")
        let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
        // Of two at the same mount point, the later covers the earlier.
        if isAbove && point.count >= best.length { best = (point.count, String(fields[2])) }
    }
    return best.type
}

/// Whether a file system's files are on other machines.
func isNetworkFilesystem(_ type: String) -> Bool {
    let kinds = [
        "nfs", "lustre", "gpfs", "beegfs", "ceph", "cifs", "smb", "glusterfs", "orangefs", "pvfs2", "afs",
        "panfs", "wekafs", "9p", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.juicefs",
    ]
    return kinds.contains { type == $0 || type.hasPrefix($0) }
}

/// Whether a network interface of this name is a bridge or a tunnel of containers and virtual machines.
func isVirtualInterface(_ name: String) -> Bool {
    ["docker", "virbr", "br-", "veth", "cni", "flannel", "cali", "tun", "tap", "podman", "lxc", "vmnet"]
        .contains { name.hasPrefix($0) }
}

/// A line of a small file of the system, or nil.
func systemLine(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").first.map(String.init)
}

/// A table of the system; empty if missing.
func systemTable(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
