"""Prints the weights of Tests/Unit/OptimizationTests/AdamTests.swift after each of three steps of PyTorch's AdamW.

With an epsilon of (nearly) zero PyTorch's Adam and fairseq's are the same function.
"""

import torch

weights = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.AdamW([weights], lr=0.01, betas=(0.9, 0.98), eps=1e-30, weight_decay=0.1)
gradients = [[0.5, -1.0, 0.25, 2.0], [-0.5, -1.0, 1.0, 0.125], [0.0, 3.0, -0.75, 1.0]]
for gradient in gradients:
    weights.grad = torch.tensor(gradient, dtype=torch.float64)
    optimizer.step()
    print("[" + ", ".join(f"{value:.8f}" for value in weights.tolist()) + "],")
