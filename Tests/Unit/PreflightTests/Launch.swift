@testable import Preflight
@testable import Training

/// The facts of a sound launch: ranks per node, nodes, and one processor per rank.
func soundLaunch(nodes: Int = 2, ranksPerNode: Int = 2) -> [RankFacts] {
    (0..<nodes * ranksPerNode).map { rank in
        let (node, place) = rank.quotientAndRemainder(dividingBy: ranksPerNode)
        var facts = RankFacts()
        facts.placement = RankPlacement(host: "node\(node)", processors: [place], threads: 1)
        facts.leadsNode = place == 0
        facts.program = RankFacts.Program(
            hash: place == 0 ? "0123" : "", version: "1.0", library: "Open MPI v4.1.4")
        facts.processor = RankFacts.Processor(model: "CPU", features: ["avx2", "fma"], bfloat16Fault: nil)
        facts.memory = RankFacts.Memory(
            total: 64 << 30, available: 60 << 30, limit: nil, sharedTotal: 32 << 30, sharedFree: 32 << 30)
        facts.settings = ["LANG": "C"]
        guard facts.leadsNode else { return facts }
        facts.interfaces = [RankFacts.Interface(name: "eth0", speed: 10_000)]
        facts.files = [RankFacts.File(path: "recipe.toml", size: 10, modified: 1, hash: "ab")]
        facts.cache = RankFacts.Folder(path: "/local", free: 1 << 40, filesystem: "ext4")
        facts.output = RankFacts.Folder(path: "runs/a", free: 1 << 40, filesystem: "nfs4")
        return facts
    }
}

/// The needs of a recipe for wav2vec 2.0 base.
let baseNeeds: RecipeNeeds = {
    var needs = RecipeNeeds()
    needs.recipe = "recipe.toml"
    needs.gradientBytes = 378_000_000
    needs.rankBytes = 4 << 30
    needs.featureBytes = 1 << 30
    needs.outputBytes = 6 << 30
    return needs
}()
