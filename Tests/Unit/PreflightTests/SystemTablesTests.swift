import Testing

@testable import Preflight

struct SystemTablesTests {
    @Test func valuesAreFoundByTheirWholeName() {
        let table = "MemTotal:       24066604 kB\nMemFree:  12 kB\n"
        #expect(memoryValue("MemTotal", in: table) == 24_066_604 * 1024)
        #expect(memoryValue("Mem", in: table) == nil)
        #expect(memoryValue("MemTotal", in: "MemTotal: 99999999999999999999 kB") == nil)
    }

    @Test func softLimitsAreNumbersOrUnlimited() {
        let table = """
            Limit                     Soft Limit           Hard Limit           Units
            Max open files            1024                 1048576              files
            Max address space         unlimited            unlimited            bytes
            """
        #expect(softLimit("Max open files", in: table) == 1024)
        #expect(softLimit("Max address space", in: table) == nil)
        #expect(softLimit("Max locked memory", in: table) == nil)
    }

    @Test func aQuotaIsTimeOverPeriodAndMaxIsNone() {
        #expect(processorQuota("150000 100000") == 1.5)
        #expect(processorQuota("max 100000") == nil)
        #expect(processorQuota("-1 100000") == nil)
        #expect(processorQuota("") == nil)
    }

    @Test func onlyKnownFlagsOfTheFirstProcessorCount() {
        let table = "flags\t\t: fpu avx2 fma avx512f\n\nflags\t\t: avx2\n"
        #expect(knownFeatures(ofProcessors: table) == ["avx2", "avx512f", "fma"])
        #expect(knownFeatures(ofProcessors: "").isEmpty)
    }

    @Test func theLongestMountPointAboveAPathDecides() {
        let mounts = """
            /dev/sda / ext4 rw 0 0
            server:/home /home nfs4 rw 0 0
            tmpfs /home/me/my\\040disk tmpfs rw 0 0
            """
        #expect(filesystemType(of: "/home/you", mounts: mounts) == "nfs4")
        #expect(filesystemType(of: "/homes", mounts: mounts) == "ext4")
        #expect(filesystemType(of: "/home/me/my disk/a", mounts: mounts) == "tmpfs")
        #expect(isNetworkFilesystem("nfs4"))
        #expect(!isNetworkFilesystem("ext4"))
    }
}
