import Foundation
import Testing

struct DescriptorTests {
    @Test(
        "closed standard descriptors end nothing, and nothing that is printed lands in a file of the run",
        arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    func closed(redirection: String) throws {
        let fixture = try Fixture()
        let outcome = try run(
            [
                "bash", "-c",
                "exec timeout -k 5 90 '\(parpCommand.path)' train recipe.toml --output run \(redirection)",
            ], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        for name in try FileManager.default.subpathsOfDirectory(atPath: fixture.folder.file("run"))
        where !name.hasSuffix(".html") && !name.hasSuffix("README.md") {
            guard let data = try? fixture.folder.read("run/" + name) else { continue }
            // Only printed, never part of a recipe or a report.
            #expect(data.range(of: Data("stop with: kill".utf8)) == nil, "\(name)")
        }
    }

    @Test("a run whose reader goes away continues to its end")
    func closedPipe() throws {
        let fixture = try Fixture()
        let outcome = try run(
            [
                "bash", "-c",
                "timeout -k 5 90 '\(parpCommand.path)' train recipe.toml --output run | true; exit ${PIPESTATUS[0]}",
            ], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(FileManager.default.fileExists(atPath: fixture.folder.file("run/final/model.safetensors")))
    }

    @Test("an unknown command is answered with the nearest, or none if none is near")
    func verbs() throws {
        let folder = try TemporaryFolder()
        for (words, answer) in [
            (["trian", "recipe.toml"], "did you mean `parp train`?"),
            (["finetune"], "did you mean `parp train`?"),
            (["corpus", "chekc"], "did you mean `parp corpus check`?"),
            (["xylophone"], "there are train, pretrain, "),
        ] {
            let outcome = try parp(words, in: folder)
            #expect(outcome.status == 64)
            #expect(outcome.error.contains(answer), "\(outcome.error)")
        }
    }
}
