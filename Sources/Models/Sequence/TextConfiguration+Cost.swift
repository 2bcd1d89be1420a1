extension TextConfiguration {
    /// Floating-point operations of forward for one example with this many tokens, counting a multiply-add as
    /// two.
    ///
    /// By the shapes of matrix products: attention and the blocks' projections for each token, the head for
    /// one. XLNet's projection of positions, shared by all examples of a micro-batch, is left out. Backward
    /// of everything takes twice as many.
    public func forwardOperations(tokens count: Int) -> Double {
        let (tokens, hidden) = (Double(count), Double(shape.hiddenSize))
        let projections = 4 * hidden * hidden + 2 * hidden * Double(shape.intermediateSize)
        // XLNet's queries are also multiplied by relative positions, twice as many as keys.
        let attention = (family == .xlnet ? 4 : 2) * tokens * hidden
        let blocks = tokens * Double(shape.layerCount) * (projections + attention)
        let head = hidden * hidden + hidden * Double(shape.labelCount)
        return 2 * (blocks + head)
    }
}
