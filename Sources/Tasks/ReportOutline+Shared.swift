internal import Reports

/// Charts that several tasks show.
extension ReportOutline.Chart {
    static var prunedWeights: Self {
        .init("Pruned weights of the pool, %", [.init(.prune, "sparsity", scale: 100)])
    }

    static var sharedWeights: Self {
        .init(
            "Kept weights shared with another mask, % of either",
            [
                .init(.prune, "iou_previous", name: "the mask before", scale: 100),
                .init(.prune, "iou_initial", name: "the first mask", scale: 100),
            ])
    }

    static var learningRate: Self { .init("Learning rate", [.init(.train, "learning_rate")]) }

    static var gradientNorm: Self { .init("Gradient norm", [.init(.train, "gradient_norm")]) }
}
