import Checkpoints
import Decoding
import Foundation
import JSON
import Program
import Recipe
import Speech
import Synchronization
import Tasks
import Tensors
import TestSupport
import Text
import Training

/// A process's finding, reported to its parent.
struct FuzzReport: Codable {
    struct Fault: Codable {
        let input: Int
        let sentence: String
    }

    var accepted = 0
    var refused = 0
    /// How much more memory was resident at most than once all whole files had been read.
    var peakKilobytes = 0
    /// The processor time of the slowest input.
    var slowestMilliseconds = 0
    var faults: [Fault] = []

    mutating func merge(_ other: FuzzReport) {
        accepted += other.accepted
        refused += other.refused
        peakKilobytes = max(peakKilobytes, other.peakKilobytes)
        slowestMilliseconds = max(slowestMilliseconds, other.slowestMilliseconds)
    }

    var line: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}

/// Reads one broken file after another.
struct FuzzWorker {
    let reader: FuzzedReader
    let seed: UInt64
    let folder: String

    static let note = "/input"
    /// Inputs are at most 256 KiB long.
    private static let mostKilobytes = bound("FUZZ_MEGABYTES", default: 64) << 10
    private static let mostMilliseconds = bound("FUZZ_SECONDS", default: 5) * 1000
    /// Inputs in a row from one folder of files.
    private static let runLength = 64

    /// A bound, or what the environment says instead: a sanitizer takes memory and time of its own.
    private static func bound(_ variable: String, default number: Int) -> Int {
        Int(ProcessInfo.processInfo.environment[variable] ?? "") ?? number
    }

    private var place: String { folder + "/files" }

    func run(from start: Int, count: Int) throws -> FuzzReport {
        for files in reader.folders {
            try lay(files)
            // What is not read when it is whole shows nothing when it is broken.
            try reader.read(place)
        }
        var report = FuzzReport()
        let base = peak()
        var worst = 0
        let note = open(folder + Self.note, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        defer { close(note) }
        let inputs = Inputs(reader: reader, seed: seed)
        var current = -1
        let watch = HangWatch()
        for input in start..<start + count {
            withUnsafeBytes(of: UInt64(input).littleEndian) { _ = pwrite(note, $0.baseAddress, 8, 0) }
            let index = input / Self.runLength % reader.folders.count
            if index != current { try lay(reader.folders[index]) }
            current = index
            let (file, content) = inputs.input(input, of: reader.folders[index])
            write(content, to: file.name)
            watch.begin()
            let before = milliseconds()
            do {
                try reader.read(place)
                report.accepted += 1
            } catch {
                report.refused += 1
                if let fault = untyped(error) { report.faults.append(.init(input: input, sentence: fault)) }
            }
            let spent = milliseconds() - before
            if spent > Self.mostMilliseconds {
                report.faults.append(.init(input: input, sentence: "took \(spent) ms"))
            }
            report.slowestMilliseconds = max(report.slowestMilliseconds, spent)
            let risen = peak() - base
            if risen > max(worst, Self.mostKilobytes) {
                report.faults.append(.init(input: input, sentence: "took \(risen >> 10) MiB"))
            }
            worst = max(worst, risen)
            if reader.folders[index].count > 1 { write(reader.content(of: file), to: file.name) }
            if report.faults.count >= 20 { break }
        }
        report.peakKilobytes = worst
        return report
    }

    private func untyped(_ error: any Error) -> String? {
        switch error {
        case is CheckpointError, is JSONError, is ManifestError, is RecipeError, is UserError, is AudioError,
            is TextError, is DecodingError:
            nil
        default: "threw \(type(of: error)): \(error)"
        }
    }

    private func lay(_ files: [Seed]) throws {
        try? FileManager.default.removeItem(atPath: place)
        for file in files {
            let url = URL(fileURLWithPath: "\(place)/\(file.name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            write(reader.content(of: file), to: file.name)
        }
    }

    private func write(_ content: [UInt8], to name: String) {
        let file = open("\(place)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        precondition(file >= 0, "\(place)/\(name): \(String(cString: strerror(errno)))")
        precondition(content.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == content.count)
        close(file)
    }

    private func peak() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }
}

/// The processor time of this process: how busy a machine is does not matter to it.
private func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// The inputs of a reader, each a function of seed and number.
private struct Inputs {
    let reader: FuzzedReader
    let seed: UInt64
    private let mutator: Mutator
    private let identity: UInt64

    init(reader: FuzzedReader, seed: UInt64) {
        self.reader = reader
        self.seed = seed
        mutator = Mutator(tokens: reader.tokens)
        identity = reader.name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }
    }

    func input(_ number: Int, of files: [Seed]) -> (Seed, [UInt8]) {
        var random = CountedRandom(seed: seed, stream: .randomMask, step: number, item: identity).sequence
        let broken = files.filter(\.isBroken)
        let file = broken[Int.random(in: 0..<broken.count, using: &random)]
        let others = reader.folders[Int.random(in: 0..<reader.folders.count, using: &random)].filter(
            \.isBroken)
        let other = others.first { $0.name == file.name } ?? others[0]
        let mutant = mutator.mutant(of: file.bytes, with: other.bytes, &random)
        return (file, reader.content(of: file, with: mutant))
    }
}

/// Ends the process if an input takes two minutes, of any clock.
private final class HangWatch: Sendable {
    // A class: its thread shares the time with who reads.
    private let begun = Atomic(time(nil))

    init() {
        let thread = Thread { [self] in
            while true {
                sleep(5)
                if time(nil) - begun.load(ordering: .relaxed) > 120 {
                    FileHandle.standardError.write(Data("Fatal: no end within two minutes\n".utf8))
                    _exit(97)
                }
            }
        }
        thread.start()
    }

    func begin() { begun.store(time(nil), ordering: .relaxed) }
}
