internal import Foundation
internal import Kernels
internal import Recipe
internal import Session
internal import Tasks
internal import Training

/// Writes a study as Slurm arrays, one for each number of ranks: each task is a launch, in random order.
func writeSlurmJobs(
    _ study: ScaleStudy, folder: ScaleFolder, options: ScaleRunOptions, to path: String
) throws {
    let runner = ScaleRunner(study: study, folder: folder, options: options)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/\(name)")
    }
    var submissions: [String] = []
    for ranks in Set(study.cells.map(\.ranks)).sorted() {
        let launches = study.cells.filter { $0.ranks == ranks }.flatMap { cell in
            (1...study.maximumRepeats).map { (cell: cell, turn: $0) }
        }
        let lines = shuffled(launches, seed: options.seed, round: ranks).map { launch in
            ([folder.run(launch.cell, launch.turn), folder.trace(launch.cell, launch.turn)]
                + runner.trainArguments(launch.cell, turn: launch.turn)).joined(separator: "\t")
        }
        try write(lines.joined(separator: "\n") + "\n", "launches-\(ranks).tsv")
        try write(
            job(ranks: ranks, count: lines.count, threads: study.amounts.threads, options),
            "ranks-\(ranks).sbatch")
        submissions.append("sbatch \"$@\" \"$here/ranks-\(ranks).sbatch\"")
    }
    let masks = Set(study.cells.filter(\.needsMask).map(\.sparsity)).sorted().map { sparsity in
        "[ -d \(quoted(folder.mask(sparsity: sparsity))) ] || "
            + runner.maskCommand(sparsity: sparsity).map(quoted).joined(separator: " ")
    }
    try write(
        """
        #!/usr/bin/env bash
        # Submits the study: \(study.recipe). Options of sbatch (--partition, --time, --nodes) may follow.
        # Afterwards: parp scale report \(folder.path)
        set -euo pipefail
        here=$(cd "$(dirname "$0")" && pwd)
        export SCALE_JOBS=$here
        \((masks + submissions).joined(separator: "\n"))

        """, "submit.sh")
    print("\(submissions.count) arrays in \(path); \(path)/submit.sh submits them")
}

private func job(ranks: Int, count: Int, threads: Int, _ options: ScaleRunOptions) -> String {
    """
    #!/usr/bin/env bash
    #SBATCH --job-name=parp-scale-\(ranks)
    #SBATCH --ntasks=\(ranks)
    #SBATCH --cpus-per-task=\(threads)
    #SBATCH --hint=nomultithread
    #SBATCH --distribution=block:block
    #SBATCH --exclusive
    #SBATCH --time=01:00:00
    #SBATCH --array=0-\(count - 1)%1
    #SBATCH --output=parp-scale-%A-%a.log
    # Each launch is one line: its run directory, its trace, and the program's arguments, separated by tabs.
    # submit.sh beside this file sets SCALE_JOBS, the folder of those lines.
    set -euo pipefail
    IFS=$'\\t' read -r -a launch < <(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" "$SCALE_JOBS/launches-\(ranks).tsv")
    run=${launch[0]} trace=${launch[1]}
    # Finished launches are not measured again; interrupted ones start over.
    [ ! -e "$trace" ] || exit 0
    rm -rf "$run"
    mkdir -p "$(dirname "$run")"
    read -r -a start <<<"${SCALE_LAUNCHER:-srun --mpi=pmix --cpu-bind=cores --kill-on-bad-exit=1}"
    "${start[@]}" \(quoted(options.program)) "${launch[@]:2}"
    rm -rf "$run/best" "$run/final" "$run/checkpoints"

    """
}

/// A word quoted for a shell.
private func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:".contains($0) }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
