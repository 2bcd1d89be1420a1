import Foundation
import Program
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Recipe
@testable import Training

struct RunDirectoryTests {
    private let folder: TemporaryFolder
    private let directory: RunDirectory

    init() throws {
        folder = try TemporaryFolder()
        directory = RunDirectory(path: folder.path + "/a/run")
        try directory.create()
    }

    private func begin(_ recipe: Recipe) throws {
        try recipe.toml.write(toFile: directory.recipe, atomically: true, encoding: .utf8)
    }

    @Test("a folder without a run is free, whatever else it holds")
    func free() throws {
        try directory.checkFree(for: Recipe(), resume: false)
        try directory.checkFree(for: Recipe(), resume: true)
        #expect(!directory.holdsRun)
    }

    @Test("a folder with a run may only continue it")
    func taken() throws {
        try begin(Recipe())
        #expect(throws: UserError.self) { try directory.checkFree(for: Recipe(), resume: false) }
        try directory.checkFree(for: Recipe(), resume: true)
    }

    @Test("a run whose precision a probe chose continues only with that precision")
    func precision() throws {
        var begun = Recipe()
        begun.precision.gemm = .value(.bfloat16)
        try begin(begun)
        var recipe = begun
        recipe.precision.gemm = .automatic
        try directory.checkFree(for: recipe, resume: true)
        recipe.precision.gemm = .value(.float32)
        #expect(
            fault { try directory.checkFree(for: recipe, resume: true) }.contains(
                "precision.gemm was \"bfloat16\", not \"float32\""))
    }

    @Test("remains of a run without its recipe can be neither continued nor overwritten")
    func remains() throws {
        for name in ["best", "final", "checkpoints/step-4", "metrics.jsonl"] {
            let directory = RunDirectory(path: folder.path + "/" + name.replacing("/", with: "-"))
            try directory.create()
            try FileManager.default.createDirectory(
                atPath: directory.path + "/" + name, withIntermediateDirectories: true)
            for resume in [false, true] {
                #expect(
                    fault { try directory.checkFree(for: Recipe(), resume: resume) }.contains(
                        "recipe.toml is gone"))
            }
        }
        #expect(FileManager.default.createFile(atPath: directory.path + "/config.json", contents: nil))
        #expect(fault { try directory.checkFree(for: Recipe(), resume: false) }.contains("holds a model"))
    }

    @Test("a run whose checkpoints are gone does not restart; one without any yet does")
    func lostCheckpoints() throws {
        try begin(Recipe())
        func note(_ kind: String) throws {
            try "{\"kind\": \"\(kind)\", \"step\": 1}\n".write(
                toFile: directory.metrics, atomically: true, encoding: .utf8)
        }
        try directory.checkCheckpoints()
        try note("train")
        try directory.checkCheckpoints()
        try note("checkpoint")
        #expect(fault { try directory.checkCheckpoints() }.contains("the checkpoints of"))
        try FileManager.default.createDirectory(
            atPath: directory.checkpoint(2), withIntermediateDirectories: true)
        try directory.checkCheckpoints()
        try note("train")
        try FileManager.default.removeItem(atPath: directory.path + "/checkpoints")
        #expect(fault { try directory.checkCheckpoints() }.contains("its metrics.jsonl would be replaced"))
    }

    @Test("a run is neither inside its initial model nor in its place, by any path")
    func insideModel() throws {
        let model = folder.path + "/a"
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: model)
        for path in [folder.path + "/link", model + "/", folder.path + "/a/../a"] {
            #expect(fault { try directory.requireOutside(model: path) }.contains("is inside model.path"))
            #expect(
                fault { try RunDirectory(path: model).requireOutside(model: path) }.contains("model.path"))
            try RunDirectory(path: folder.path + "/ab").requireOutside(model: path)
        }
        try directory.requireOutside(model: folder.path + "/a/run/absent.pt")
    }

    @Test("on resuming, only settings that do not affect results may change")
    func changes() throws {
        try begin(Recipe())
        var recipe = Recipe()
        recipe.distributed.threadsPerRank = 2
        recipe.checkpoint.keep = 1
        recipe.data.rankSeconds = 10
        try directory.checkFree(for: recipe, resume: true)
        recipe.data.batchSeconds = 10
        #expect(throws: UserError.self) { try directory.checkFree(for: recipe, resume: true) }
    }

    @Test("checkpoints are listed newest first, and only the newest are kept")
    func checkpoints() throws {
        for update in [2, 10, 4] {
            try FileManager.default.createDirectory(
                atPath: directory.checkpoint(update), withIntermediateDirectories: true)
        }
        // Left over by a run that was killed while it wrote.
        try FileManager.default.createDirectory(
            atPath: directory.checkpoint(12) + ".partial-7", withIntermediateDirectories: true)
        #expect(directory.checkpointUpdates() == [10, 4, 2])
        directory.keepNewestCheckpoints(2)
        #expect(directory.checkpointUpdates() == [10, 4])
    }

    @Test("one run at a time holds a folder, and the next may when it is gone")
    func lock() throws {
        var lock: RunLock? = try RunLock(directory: directory.path)
        #expect(throws: UserError.self) { try RunLock(directory: directory.path, patience: 0) }
        #expect(lock != nil)
        lock = nil
        _ = try RunLock(directory: directory.path)
    }

    @Test("half-written files are removed, and a folder moved aside is put back")
    func unfinished() throws {
        let files = FileManager.default
        for name in [
            "checkpoints/step-2", "checkpoints/step-4.partial-17", "best.outgoing-17", "final",
            "final.outgoing-17", "masks/step-0.safetensors.partial-3",
        ] {
            try files.createDirectory(
                atPath: "\(directory.path)/\(name)", withIntermediateDirectories: true)
        }
        directory.clearUnfinished()
        let names = try files.subpathsOfDirectory(atPath: directory.path).sorted()
        #expect(names == [".ranks", "best", "checkpoints", "checkpoints/step-2", "final", "masks"])
    }

    @Test("a folder that cannot be written to is refused before anything is done")
    func readOnly() throws {
        // Root may write everywhere: Tests/Checks/Chaos mounts a file system that not even root can write to.
        try directory.checkWritable()
        try RunDirectory(path: "a").checkWritable()
        #expect(throws: UserError.self) { try RunDirectory(path: "/proc/run").create() }
    }

    @Test("who comes while a killed run is still being taken apart waits for its lock")
    func patience() throws {
        let dying = Mutex<RunLock?>(try RunLock(directory: directory.path))
        let thread = Thread {
            Thread.sleep(forTimeInterval: 0.3)
            dying.withLock { $0 = nil }
        }
        thread.start()
        _ = try RunLock(directory: directory.path, patience: 60)
    }

    @Test(
        "model and data may lie elsewhere when a run goes on, if they are the same, and not if they are others"
    )
    func content() throws {
        try begin(Recipe())
        var moved = Recipe()
        moved.data.train = "/elsewhere/train.jsonl"
        func content(_ text: String) -> RunContent {
            var content = RunContent()
            content.add("data.train", ContentHash(texts: [text]))
            return content
        }
        // A run of an earlier version does not record what it was started with.
        #expect(throws: UserError.self) {
            try directory.checkFree(for: moved, resume: true, allowsMoves: true)
        }
        try directory.keep(content("a"))
        try directory.checkFree(for: moved, resume: true, allowsMoves: true)
        #expect(throws: UserError.self) { try directory.checkFree(for: moved, resume: true) }
        try directory.requireSame(content("a")) { _ in "" }
        let refusal = #expect(throws: UserError.self) {
            try directory.requireSame(content("b")) { moved.text(of: $0) }
        }
        #expect(refusal?.code == .data)
        #expect(
            refusal?.description.contains("data.train = \"/elsewhere/train.jsonl\" is not what it was")
                == true)
    }
}
