package import Collectives
package import Recipe
package import Tensors

extension Recipe.Distributed {
    /// Plans how gradients are summed: as the recipe says, or as a probe finds best.
    package func planReduction(
        of gradients: Tensor, communicator: any Communicator
    ) throws(CollectiveError) -> ReductionPlan {
        try communicator.planReduction(
            of: gradients, bucketBytes: bucketMegabytes > 0 ? Int(bucketMegabytes * 1_048_576) : nil,
            senders: senders, wire: wire)
    }

    /// The same with nothing left open.
    package func following(_ plan: ReductionPlan) -> Recipe.Distributed {
        var settled = self
        settled.bucketMegabytes = Double(plan.bucketBytes) / 1_048_576
        settled.senders = plan.senders
        return settled
    }
}
