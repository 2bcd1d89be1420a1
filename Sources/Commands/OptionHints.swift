internal import Recipe

/// A hint at what an unknown option may mean; empty if there is none.
///
/// - Parameter sentence: What ArgumentParser says: `Unknown option '--learning-rate'`.
func optionHint(_ sentence: String) -> String {
    let parts = sentence.prefix { $0 != "\n" }.split(separator: "'", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].hasPrefix("Unknown option ") else { return "" }
    let name = parts[1].drop { $0 == "-" }.replacing("-", with: "_")
    switch name {
    case "np", "n", "nproc_per_node", "num_processes", "world_size":
        return "; the launcher says how many ranks there are: mpirun -np 2 parp …"
    case "gpus", "gpu", "device", "cuda":
        return "; there is no GPU here: ranks are cores, and mpirun -np says how many"
    default:
        return RecipeKey.path(meant: String(name)).map { "; it is a key of the recipe: --set \($0)=…" } ?? ""
    }
}
