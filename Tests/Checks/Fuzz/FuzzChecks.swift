import Foundation

/// Hands every reader of files a million broken ones; none may end the process, hang, take memory without bound, or
/// throw what says nothing of the file.
///
/// Each reader runs in a process of its own. It notes each input's number before it is read, so that one which ends the
/// process can be made again: every input follows from reader, seed and number.
@main
struct FuzzChecks {
    static let usage =
        "usage: FuzzChecks [--inputs N] [--seed S] [--reader NAME]  all readers or one, N inputs over all\n"
        + "       FuzzChecks --reader NAME --seed S --from I --count N --folder F  in this process; files stay in F"

    static func main() throws {
        var options: [String: String] = [:]
        var words = CommandLine.arguments.dropFirst()
        while let key = words.popFirst() {
            guard key.hasPrefix("--"), let value = words.popFirst() else { return end(usage, code: 64) }
            options[String(key.dropFirst(2))] = value
        }
        let seed = UInt64(options["seed"] ?? "") ?? 2337
        if let name = options["reader"], let from = Int(options["from"] ?? ""), let folder = options["folder"]
        {
            guard let reader = try allReaders(work: folder).first(where: { $0.name == name }) else {
                return end("no reader \(name)", code: 64)
            }
            let worker = FuzzWorker(reader: reader, seed: seed, folder: folder)
            return print(try worker.run(from: from, count: Int(options["count"] ?? "") ?? 1).line)
        }
        let folder = workFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let readers = try allReaders(work: folder).filter { options["reader"] ?? $0.name == $0.name }
        guard !readers.isEmpty else { return end("no reader \(options["reader"] ?? "")", code: 64) }
        let inputs = Int(options["inputs"] ?? "") ?? 100_000
        let weights = readers.reduce(0) { $0 + $1.weight }
        var (done, faults) = (0, 0)
        for reader in readers {
            let count = (inputs * reader.weight + weights - 1) / weights
            let outcome = try FuzzParent(reader: reader.name, seed: seed, folder: folder).run(count: count)
            done += count
            faults += outcome.faults.count
            print(outcome.description)
            fflush(nil)
        }
        end("\(done) inputs for \(readers.count) readers, \(faults) faults", code: faults == 0 ? 0 : 1)
    }

    private static func end(_ text: String, code: Int32) {
        print(text)
        exit(code)
    }

    /// Memory rather than a disk: each input is a file.
    private static func workFolder() -> String {
        let memory = "/dev/shm"
        let base =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        let folder = "\(base)/parp-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}
