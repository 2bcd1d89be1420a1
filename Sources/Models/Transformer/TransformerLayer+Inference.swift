internal import Kernels
internal import Tensors

extension TransformerLayer where Attention == SelfAttention {
    /// Encodes frames in place and keeps nothing: besides them it needs the keys and values of all frames,
    /// since every frame attends to every other, and the memory of one block of frames.
    func infer(_ frames: Tensor, pass: Pass, arena: inout Arena) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        var memory = attention.makeMemory(pass: pass, arena: &arena)
        for rows in pass.blocks {
            let mark = arena.mark
            defer { arena.release(to: mark) }
            let input = attentionInput(frames.rows(rows), pass: pass.rows(rows), arena: &arena)
            attention.remember(input, at: rows, in: memory, arena: &arena)
        }
        for rows in pass.blocks {
            memory.first = rows.lowerBound
            infer(frames.rows(rows), attending: memory, pass: pass.rows(rows), arena: &arena)
        }
    }

    /// Attention's input for frames.
    private func attentionInput(_ frames: Tensor, pass: Pass, arena: inout Arena) -> Matrix {
        switch order {
        case .post: return pass.product(frames, arena: &arena)
        case .pre:
            let normed = arena.product(like: frames, pass)
            _ = layerNorm.forward(frames, pass: pass, arena: &arena, into: nil, product: normed)
            return normed
        }
    }

    private func infer(
        _ frames: Tensor, attending memory: SelfAttention.Memory, pass: Pass, arena: inout Arena
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let input = Hidden(frames, product: pass.product(frames, arena: &arena))
        let output = Hidden(at: frames, pass: pass, arena: &arena)
        _ = forward(input, context: memory, pass: pass, arena: &arena, into: output)
    }
}
