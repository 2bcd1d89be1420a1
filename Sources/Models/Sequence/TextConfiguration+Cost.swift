extension TextConfiguration {
    /// Floating-point operations of forward for one example of so many tokens, a multiplication and an addition counted as two.
    ///
    /// By the shapes of matrix products: attention's and those of the blocks' projections for each token, the head's for one. XLNet's
    /// projection of positions is left out, which all examples of a micro-batch share. Backward of everything takes twice as many.
    public func forwardOperations(tokens count: Int) -> Double {
        let (tokens, hidden) = (Double(count), Double(shape.hiddenSize))
        let projections = 4 * hidden * hidden + 2 * hidden * Double(shape.intermediateSize)
        // Queries of XLNet also meet relative positions, twice as many as keys.
        let attention = (family == .xlnet ? 4 : 2) * tokens * hidden
        let blocks = tokens * Double(shape.layerCount) * (projections + attention)
        let head = hidden * hidden + hidden * Double(shape.labelCount)
        return 2 * (blocks + head)
    }
}
