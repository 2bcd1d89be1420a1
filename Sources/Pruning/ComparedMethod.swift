/// The methods that a recipe can name: those compared in the paper (Lai et al., 2021, section 4), those that
/// learn their mask in one run, and ours.
public enum ComparedMethod: String, Sendable, CaseIterable {
    /// Every weight is trained, none pruned.
    case dense
    /// Prune, adjust, re-prune.
    case parp
    /// PARP with a rising sparsity.
    case progressive = "parp-p"
    /// Masked PARP: the network that is trained is the one that is evaluated.
    case parpMasked = "parp-m"
    /// Magnitude pruning at the pre-trained initialisation, MPI: nothing to do with message passing.
    case magnitudeAtInitialization = "mpi"
    /// One-shot magnitude pruning, OMP: the mask of a dense run's weights.
    case oneShot = "omp"
    /// Iterative magnitude pruning, IMP: rounds of runs, each pruning another tenth of the pool.
    case iterative = "imp"
    /// Random pruning, RP.
    case random = "rp"
    /// Gradual magnitude pruning, GMP.
    case gradual = "gmp"
    /// Movement pruning.
    case movement
    /// Dropping by magnitude, growing by gradient: RigL.
    case rigL = "rigl"
    /// Learned masks on frozen weights: S³-Router.
    case router = "s3-router"
}

extension ComparedMethod {
    /// The method's axes, as in its paper and its authors' code.
    ///
    /// docs/pruning.md lists what its authors tie to training from scratch or to their own schedules.
    public var axes: PruningAxes {
        var axes = PruningAxes()
        switch self {
        case .dense, .parp: break
        case .progressive: axes.schedule = .linear
        case .magnitudeAtInitialization, .oneShot, .iterative, .random:
            axes.forward = .held
            axes.holdFrom = 0
        case .parpMasked:
            axes.schedule = .cubic
            (axes.end, axes.holdFrom) = (0.7, 0.7)
            axes.forward = .masked
        case .gradual:
            // Masked weights get no gradient, and masks stay once the sparsity is reached (Zhu and Gupta, 2017,
            // section 3).
            axes.schedule = .cubic
            (axes.end, axes.holdFrom) = (0.7, 0.7)
            axes.forward = .frozen
        case .movement:
            // A tenth dense, two tenths at the end without a rise, as in the authors' runs; masks move to the end.
            axes.schedule = .cubic
            (axes.begin, axes.end) = (0.1, 0.8)
            axes.score = .movement
            axes.forward = .frozen
        case .rigL:
            // ΔT ends at three quarters of the run (section 3).
            axes.score = .gradient
            axes.forward = .held
            axes.holdFrom = 0.75
        case .router:
            axes.score = .learned
            axes.forward = .frozen
            axes.trainsWeights = false
        }
        return axes
    }

    /// Whether the first mask is the only one.
    public var hasOneMask: Bool { axes.holdFrom == 0 }
}
