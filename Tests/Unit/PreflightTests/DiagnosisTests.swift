import JSON
import Program
import Session
import Testing

@testable import Preflight
@testable import Training

/// What is found in a launch that a change has spoilt.
private func findings(
    in ranks: [RankFacts] = soundLaunch(), needs: RecipeNeeds = baseNeeds,
    after change: (inout [RankFacts]) -> Void = { _ in }
) -> [Finding] {
    var ranks = ranks
    change(&ranks)
    return Diagnosis(ranks: ranks, needs: needs).findings
}

struct DiagnosisTests {
    @Test func aSoundLaunchHasNoFindings() {
        #expect(findings().isEmpty)
        #expect(findings(in: soundLaunch(nodes: 1, ranksPerNode: 1)).isEmpty)
    }

    @Test(arguments: [
        (["SLURM_NTASKS": "4"], "srun --mpi=pmix -n 4"),
        (["SLURM_NTASKS": "4", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4"], "srun --mpi=list"),
        (["PMI_SIZE": "4"], "mpirun of the MPI that parp was built with"),
    ])
    func oneRankUnderALauncherOfSeveralIsAnError(_ launcher: [String: String], fix: String) {
        let found = findings(in: soundLaunch(nodes: 1, ranksPerNode: 1)) { $0[0].launcher = launcher }
        #expect(found.map(\.level) == [.error])
        #expect(found[0].what.contains("4 tasks"))
        #expect(found[0].fix.contains(fix))
        #expect(found[0].topic.exitCode == .usage)
    }

    @Test func asManyRanksAsTheLauncherSaysAreNoFinding() {
        let found = findings { ranks in
            for rank in ranks.indices { ranks[rank].launcher = ["SLURM_NTASKS": "4"] }
        }
        #expect(found.isEmpty)
        #expect(
            findings(in: soundLaunch(nodes: 1, ranksPerNode: 1)) { $0[0].launcher = ["SLURM_NTASKS": "1"] }
                .isEmpty)
    }

    @Test func threadsOnOneProcessorAreWarnedOfWithTheirRanks() {
        let found = findings { ranks in
            for rank in [2, 3] {
                ranks[rank].placement = RankPlacement(host: "node1", processors: [0], threads: 1)
            }
        }
        #expect(found.map(\.level) == [.warning])
        #expect(found[0].ranks == [2, 3])
    }

    @Test func aControlGroupThatGivesLessTimeThanThreadsNeedIsWarnedOf() {
        func limited(_ processors: Double) -> [Finding] {
            findings { ranks in
                for rank in ranks.indices { ranks[rank].quota = .init(group: "/job", processors: processors) }
            }
        }
        #expect(limited(1.5).map(\.ranks) == [[0, 1], [2, 3]])
        #expect(limited(2).isEmpty)
    }

    @Test func bfloat16OnACPUWithoutItIsAnErrorOnlyWhereTheRecipeAsksForIt() {
        var needs = baseNeeds
        let change = { (ranks: inout [RankFacts]) in ranks[3].processor.bfloat16Fault = "lacks it" }
        #expect(findings(needs: needs, after: change).isEmpty)
        needs.wantsBFloat16 = true
        let found = findings(needs: needs, after: change)
        #expect(found.map(\.level) == [.error])
        #expect(found[0].ranks == [3])
    }

    @Test func aPrecisionThatIsNotTheFasterOneIsNamed() {
        func found(_ bfloat16: Double?, wantsBFloat16: Bool = false, isOpen: Bool = false) -> [Finding] {
            var needs = baseNeeds
            (needs.wantsBFloat16, needs.leavesPrecisionOpen) = (wantsBFloat16, isOpen)
            return findings(needs: needs) {
                $0[2].processor.precision = PrecisionProbe(float32Seconds: 1, bfloat16Seconds: bfloat16)
            }
        }
        #expect(found(0.5).map(\.level) == [.note])
        #expect(found(0.5)[0].what.contains("2.0 × the speed"))
        #expect(found(2, wantsBFloat16: true).map(\.level) == [.warning])
        #expect(found(2, wantsBFloat16: true)[0].fix == "--set precision.gemm=float32")
        for sound in [
            found(nil), found(2), found(0.5, wantsBFloat16: true), found(0.5, isOpen: true),
        ] { #expect(sound.isEmpty) }
    }

    @Test func aLibraryThatTakesTheCPUForAnOldOneIsWarnedOf() {
        func found(_ core: String, _ features: [String]) -> [Finding] {
            findings { ranks in
                for rank in ranks.indices {
                    ranks[rank].processor.matrixCore = core
                    ranks[rank].processor.features = features
                }
            }
        }
        let modern = ["avx2", "avx512f", "fma"]
        #expect(found("Prescott", modern).map(\.level) == [.warning])
        #expect(found("Prescott", modern)[0].ranks == [0, 1, 2, 3])
        #expect(found("Prescott", modern)[0].fix.contains("OPENBLAS_CORETYPE=SkylakeX"))
        #expect(found("Prescott", ["avx2", "fma"])[0].fix.contains("OPENBLAS_CORETYPE=Haswell"))
        // Of oneDNN nothing is known; a CPU that is old is no mistake.
        for (core, features) in [("", modern), ("SkylakeX", modern), ("Haswell", modern), ("Nehalem", [])] {
            #expect(found(core, features).isEmpty)
        }
    }

    @Test func anotherProgramFileIsAnErrorOfData() {
        let found = findings(in: soundLaunch(nodes: 3)) { $0[4].program.hash = "4567" }
        #expect(found.map(\.level) == [.error])
        #expect(found[0].ranks == [4])
        #expect(found[0].topic.exitCode == .data)
    }

    @Test func anotherKindOfCPUIsWarnedOfWithWhatDiffers() {
        let found = findings { $0[2].processor.features = ["avx2", "avx512f", "fma"] }
        #expect(found.map(\.level) == [.warning])
        #expect(found[0].ranks == [2])
        #expect(found[0].what.contains("avx512f"))
        #expect(!found[0].what.contains("fma,"))
    }

    @Test func aSettingThatOneRankLacksIsWarnedOf() {
        let found = findings { $0[1].settings = [:] }
        #expect(found.map(\.ranks) == [[1]])
        #expect(found[0].what == "LANG is not set, elsewhere \"C\"")
    }

    @Test func filesThatDifferAreErrorsAndCopiesOfEqualContentAreNotes() {
        #expect(findings { $0[2].files[0].hash = "cd" }.map(\.level) == [.error])
        #expect(findings { $0[2].files[0].size = nil }.map(\.level) == [.error])
        let copies = findings { $0[2].files[0].modified = 2 }
        #expect(copies.map(\.level) == [.note])
        #expect(copies[0].ranks == [2])
    }

    @Test func aFolderForSharedMemoryThatIsReadOnlyIsWarnedOf() {
        let found = findings { ranks in
            for rank in ranks.indices { ranks[rank].memory.sharedIsWritable = false }
        }
        #expect(!found.isEmpty && found.allSatisfy { $0.level == .warning })
        #expect(found.allSatisfy { $0.what == "no file can be created in /dev/shm" })
    }

    @Test func sharedMemoryTooSmallForTheGradientsIsWarnedOf() {
        let found = findings { ranks in
            for rank in [0, 1] {
                ranks[rank].memory.sharedTotal = 64 << 20
                ranks[rank].memory.sharedFree = 60 << 20
            }
        }
        #expect(found.map(\.level) == [.warning])
        #expect(found[0].ranks == [0, 1])
        #expect(found[0].what.contains("773 MB"))
        #expect(found[0].fix.contains("--shm-size=1g"))
        let alone = findings(in: soundLaunch(nodes: 1, ranksPerNode: 1)) { $0[0].memory.sharedFree = 0 }
        #expect(alone.isEmpty)
    }

    @Test func aNodeWithLessMemoryThanTheRunTakesIsAnErrorIfItCanNeverBeEnough() {
        let busy = findings { $0[2].memory.available = 7 << 30 }
        #expect(busy.map(\.level) == [.warning])
        #expect(busy.map(\.ranks) == [[2, 3]])
        let small = findings { ranks in
            for rank in [2, 3] { ranks[rank].memory.limit = 6 << 30 }
        }
        #expect(small.map(\.level) == [.error])
        #expect(small[0].what.contains("8.6 GB here; 6.4 GB are free in this control group"))
        #expect(small[0].topic.exitCode == .fault)
        #expect(findings(needs: RecipeNeeds()) { $0[2].memory.available = 0 }.isEmpty)
    }

    @Test func lowLimitsAreNamedWithTheCommandThatRaisesThem() {
        let found = findings { ranks in
            ranks[0].limits = .init(openFiles: 256, lockedBytes: 65536, addressSpace: 32 << 30)
            ranks[0].hasFabric = true
        }
        #expect(found.map(\.level) == [.error, .warning, .warning])
        #expect(found.map(\.fix).joined(separator: " ").contains("ulimit -v unlimited"))
        #expect(findings { $0[0].limits.lockedBytes = 65536 }.isEmpty)
    }

    @Test func blockedReadingOfANeighboursMemoryIsAnErrorUnlessOpenMPIForeseesIt() {
        let blocked = { (ranks: inout [RankFacts]) in ranks[1].singleCopyError = 1 }
        #expect(findings(after: blocked).map(\.level) == [.error])
        let foreseen = findings { ranks in
            blocked(&ranks)
            ranks[1].ptraceScope = 1
        }
        #expect(foreseen.map(\.level) == [.note])
        let avoided = findings { ranks in
            for rank in ranks.indices {
                ranks[rank].singleCopyError = 1
                ranks[rank].settings["OMPI_MCA_btl_vader_single_copy_mechanism"] = "none"
            }
        }
        #expect(avoided.isEmpty)
        #expect(
            findings { ranks in
                for rank in ranks.indices { ranks[rank].program.library = "MPICH" }
                blocked(&ranks)
            }.isEmpty)
    }

    @Test func interfacesOfContainersBetweenHostsAreWarnedOfWithTheFastestWire() {
        let bridge = RankFacts.Interface(name: "docker0", isVirtual: true)
        let slow = RankFacts.Interface(name: "eno1", speed: 1000)
        let found = findings { ranks in
            ranks[0].interfaces += [bridge, slow]
            ranks[2].interfaces += [slow]
        }
        #expect(found.map(\.level) == [.warning])
        #expect(found[0].fix.contains("btl_tcp_if_include=eth0"))
        let chosen = findings { ranks in
            for rank in ranks.indices { ranks[rank].settings["OMPI_MCA_btl_tcp_if_include"] = "eth0" }
            ranks[0].interfaces.append(bridge)
        }
        #expect(chosen.isEmpty)
        #expect(findings(in: soundLaunch(nodes: 1)) { $0[0].interfaces.append(bridge) }.isEmpty)
    }

    @Test func cacheFoldersThatCannotServeAreWarnedOfWhereTheyAreNeededAsARunWarnsOfThem() {
        #expect(findings { $0[2].cache?.isWritable = false }.map(\.ranks) == [[2]])
        #expect(findings { $0[2].cache?.free = 1 }.map(\.level) == [.warning])
        #expect(findings { $0[2].cache?.isWritable = false }.map(\.level) == [.warning])
        #expect(findings { $0[2].cache?.filesystem = "nfs4" }.map(\.level) == [.warning])
        var needs = baseNeeds
        needs.featureBytes = 0
        #expect(findings(needs: needs) { $0[2].cache?.isWritable = false }.map(\.level) == [.note])
    }

    @Test func anOutputFolderMustBeWritableOnRankZeroAndShouldBeShared() {
        let refused = findings { ranks in
            ranks[0].output?.isWritable = false
            ranks[0].output?.seesToken = false
            ranks[2].output?.seesToken = false
        }
        #expect(refused.map(\.level) == [.error])
        let apart = findings { $0[2].output?.seesToken = false }
        #expect(apart.map(\.level) == [.warning])
        #expect(apart[0].ranks == [2])
        #expect(findings { $0[0].output?.free = 1 << 30 }.map(\.level) == [.warning])
    }

    @Test func clocksApartAndHugePagesOffAreNotes() {
        #expect(findings { $0[2].clock = 5 }.map(\.level) == [.note])
        #expect(findings { $0[2].clock = 0.5 }.isEmpty)
        #expect(findings { $0[2].memory.hasHugePages = false }.map(\.ranks) == [[2]])
    }

    @Test func errorsStandFirstAndDecideTheExitCode() {
        var ranks = soundLaunch()
        ranks[2].clock = 5
        ranks[2].files[0].hash = "cd"
        let diagnosis = Diagnosis(ranks: ranks, needs: baseNeeds)
        #expect(diagnosis.findings.map(\.level) == [.error, .note])
        #expect(diagnosis.exitCode == 65)
        #expect(diagnosis.text.hasPrefix("parp 0.1.0, 4 ranks on 2 hosts: 1 error, 0 warnings, 1 note"))
        #expect(diagnosis.json["findings"]?.elements?.count == 2)
    }

    @Test(arguments: [([0, 1, 2, 3, 8], "0-3,8"), ([5], "5"), ([], ""), ([1, 3, 4], "1,3-4")])
    func ranksAreListedInFewWords(_ ranks: [Int], _ text: String) { #expect(numberRanges(ranks) == text) }
}
