import Foundation
import Testing

/// `parp doctor` as its users run it.
struct DoctorTests {
    private static let doctor = ["timeout", "-k", "5", "90", "env"]

    @Test func aRankAloneUnderABatchSystemOfSeveralEndsWithTheFix() throws {
        let folder = try TemporaryFolder()
        let outcome = try run(Self.doctor + ["SLURM_NTASKS=4", parpCommand.path, "doctor"], in: folder)
        #expect(outcome.status == 64)
        #expect(outcome.output.contains("this rank thinks it is alone, but SLURM_NTASKS says 4 tasks"))
        #expect(outcome.output.contains("srun --mpi=pmix -n 4"))
    }

    @Test func ofManyThatThinkTheyAreAloneOneSpeaks() throws {
        let folder = try TemporaryFolder()
        let variables = ["SLURM_NTASKS=4", "SLURM_STEP_ID=0", "SLURM_PROCID=2"]
        let outcome = try run(Self.doctor + variables + [parpCommand.path, "doctor"], in: folder)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
    }

    @Test func ranksWithOtherSettingsAreNamed() throws {
        let folder = try TemporaryFolder()
        func rank(_ language: String) -> [String] {
            ["-np", "1", "env", "LANG=\(language)", parpCommand.path, "doctor"]
        }
        let launcher = ["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none"]
        let outcome = try run(Self.doctor + launcher + rank("C") + [":"] + rank("de_DE.UTF-8"), in: folder)
        #expect(outcome.status == 0)
        #expect(outcome.count("LANG is \"de_DE.UTF-8\", elsewhere \"C\"") == 1)
    }

    @Test func aRecipeThatCanRunHasNoErrorsAndLeavesNothingBehind() throws {
        let fixture = try Fixture()
        let before = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path).count
        let outcome = try parp(["doctor", "recipe.toml", "--json"], ranks: 2, in: fixture.folder)
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("{\"parp\": "))
        #expect(outcome.output.contains("\"ranks\": 2, \"hosts\": 1, \"errors\": 0"))
        let after = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
        // The command's two streams.
        #expect(after.count == before + 2)
    }

    @Test func anOutputFolderThatTakesNothingEndsWithUsage() throws {
        let fixture = try Fixture()
        let outcome = try parp(
            ["doctor", "recipe.toml", "--output", "/proc/none"], ranks: 2, in: fixture.folder)
        #expect(outcome.status == 64)
        #expect(outcome.output.contains("rank 0 cannot write to /proc/none"))
        #expect(outcome.count("1 error; fix it before the run") == 1)
    }
}
