extension TextConfiguration {
    /// Floating-point operations of forward for one example of so many tokens, a multiplication and an addition counted as two.
    ///
    /// By the shapes of matrix products: attention's and those of the blocks' projections for each token, the head's for one. XLNet's
    /// projection of positions is left out, which all examples of a micro-batch share. Backward of everything takes twice as many.
    public func forwardOperations(tokens count: Int) -> Double {
        let (tokens, hidden) = (Double(count), Double(hiddenSize))
        let (layers, inner, products): (Int, Int, Double) =
            switch self {
            case .bert(let bert): (bert.layerCount, bert.intermediateSize, 2)
            // Queries meet twice as many relative positions as keys.
            case .xlnet(let xlnet): (xlnet.layerCount, xlnet.intermediateSize, 4)
            }
        let block = 4 * hidden * hidden + 2 * hidden * Double(inner) + products * tokens * hidden
        return 2 * (tokens * Double(layers) * block + hidden * hidden + hidden * Double(labelCount))
    }
}
