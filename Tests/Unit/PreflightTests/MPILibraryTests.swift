import Testing

@testable import Preflight

struct MPILibraryTests {
    // As `MPI_Get_library_version` of each states itself.
    @Test(
        "a library is known by what it says of itself, and its launcher by its flags",
        arguments: [
            (
                "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", "Open MPI v4.1.4",
                "mpirun -np 4 --map-by ppr:2:node:PE=8 --bind-to core"
            ),
            (
                "MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022",
                "MPICH Version: 4.0.2",
                "mpiexec -n 4 -ppn 2 -bind-to core:8"
            ),
            (
                "MPI VERSION    : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2)",
                "MPI VERSION : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2)",
                "srun -n 4 --ntasks-per-node=2 --cpus-per-task=8 --cpu-bind=cores"
            ),
            (
                "Intel(R) MPI Library 2021.9 for Linux* OS", "Intel(R) MPI Library 2021.9 for Linux* OS",
                "I_MPI_PIN_DOMAIN=8 mpiexec -n 4 -ppn 2"
            ),
        ])
    func known(_ version: String, name: String, launch: String) {
        #expect(MPILibrary.name(version) == name)
        #expect(MPILibrary(version: version).launch(ranks: 4, perNode: 2, threads: 8) == launch)
    }

    @Test("for an unknown library, or one rank without any, no launch is claimed")
    func unknown() {
        for version in ["Another MPI 1.0", "none (one rank)", ""] {
            #expect(MPILibrary(version: version).launch(ranks: 1, perNode: 1, threads: 1) == nil)
        }
    }
}
