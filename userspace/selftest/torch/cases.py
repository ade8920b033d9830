# SPDX-License-Identifier: MIT
"""What PyTorch computes on the GPU, compared with the CPU: one case a process, started by rocmfix-selftest
--torch PYTHON, and by hand: PYTHON selftest-torch.py CASE --device cuda:0.

The reference is the same operation on the CPU in double precision. A sum of K products that are each
rounded differs from it by about eps * sqrt(K) of its size, in whatever order it is added up; solvers that
transform their input first (Winograd, FFT) lose some bits more. So a result is right if no element is
further from the reference than FACTOR * eps * sqrt(K), measured by the largest element. A stale line, a
lost tile or a wrong index is off by the size of an element itself: thousands of times more.

Writes what rocmfix-selftest reads (verdict.hpp): figures, and at the end one line with the outcome."""

import argparse
import math
import os
import sys
import time

FACTOR = 8
# Right, and yet slower than this many times the CPU in double precision: a solver of last resort.
SLOW = 3.0
SLOW_AT_LEAST_S = 0.02


class Case:
    """`make(torch, generator)` gives the inputs, and what is computed of them in the precision that the
    inputs have; a list of tensors. `terms`: K."""

    def __init__(self, summary, make, terms, autocast=False, channels_last=False):
        self.summary, self.make, self.terms = summary, make, terms
        self.autocast, self.channels_last = autocast, channels_last


def random(torch, generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def with_gradients(torch, inputs, forward):
    """The result, and the gradients of its inner product with a fixed tensor."""
    inputs = [one.detach().requires_grad_() for one in inputs]
    out = forward(*inputs)
    weights = torch.linspace(-1, 1, out.numel(), dtype=torch.float64).reshape(out.shape).to(out)
    gradients = torch.autograd.grad((out * weights).sum(), inputs)
    return [out, *gradients]


def convolution(channels_in, channels_out, side, kernel, stride, **more):
    """Forward, and backward for input and weights."""
    def make(torch, generator):
        x = random(torch, generator, 2, channels_in, side, side)
        w = random(torch, generator, channels_out, channels_in, kernel, kernel) / (kernel * channels_in ** 0.5)

        def compute(x, w):
            return with_gradients(torch, [x, w], lambda x, w: torch.nn.functional.conv2d(
                x, w, stride=stride, padding=kernel // 2))
        return [x, w], compute
    # The gradient of a weight is the longest sum.
    terms = max(channels_in * kernel * kernel, 2 * (side // stride) ** 2)
    return Case(f"convolution {kernel}x{kernel}/{stride}, {channels_in} to {channels_out}, {side}x{side}", make,
                terms, **more)


def batch_norm(torch, generator):
    x = random(torch, generator, 4, 64, 80, 80)
    return [x, random(torch, generator, 64), random(torch, generator, 64)], lambda x, w, b: with_gradients(
        torch, [x, w, b], lambda x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, training=True))


def pooling(torch, generator):
    x = random(torch, generator, 2, 128, 20, 20)
    return [x], lambda x: with_gradients(
        torch, [x], lambda x: torch.nn.functional.max_pool2d(x, 5, stride=1, padding=2))


def upsampling(torch, generator):
    x = random(torch, generator, 2, 128, 20, 20)
    return [x], lambda x: with_gradients(
        torch, [x], lambda x: torch.nn.functional.interpolate(x, scale_factor=2, mode="nearest"))


def attention(torch, generator):
    def forward(q, k, v):
        if hasattr(torch.nn.functional, "scaled_dot_product_attention"):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v)
        return torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, dim=-1) @ v
    inputs = [random(torch, generator, 2, 4, 400, 32) for _ in range(3)]
    return inputs, lambda *given: with_gradients(torch, list(given), forward)


def matrices(torch, generator):
    inputs = [random(torch, generator, 512, 512) for _ in range(2)]
    return inputs, lambda a, b: with_gradients(torch, [a, b], lambda a, b: a @ b)


def pinned(torch, generator):
    """Batches through pinned memory while the GPU is busy with those before; sums of small whole numbers
    are exact."""
    batches = torch.randint(-8, 8, (24, 64, 64, 64), generator=generator).to(torch.float64)

    def compute(given):
        data = torch.utils.data.TensorDataset(batches.to(given.dtype))
        gpu = given.device.type != "cpu"
        loader = torch.utils.data.DataLoader(data, batch_size=4, pin_memory=gpu)
        sums = [batch.to(given.device, non_blocking=gpu).sum(dim=(1, 2, 3)) for (batch,) in loader]
        return [torch.cat(sums) + given]
    return [torch.zeros(1, dtype=torch.float64)], compute


# Shapes of YOLOv8n at 640x640, by layer.
CASES = {
    "torch-conv-stem": convolution(3, 16, 640, 3, 2),
    "torch-conv-down": convolution(16, 32, 320, 3, 2),
    "torch-conv-c2f": convolution(16, 16, 160, 3, 1),
    "torch-conv-1x1": convolution(64, 64, 80, 1, 1),
    "torch-conv-neck": convolution(64, 64, 40, 3, 1),
    "torch-conv-deep": convolution(128, 256, 40, 3, 2),
    "torch-conv-channels-last": convolution(64, 64, 40, 3, 1, channels_last=True),
    "torch-conv-amp": convolution(64, 64, 40, 3, 1, autocast=True),
    "torch-batch-norm": Case("batch normalisation, training", batch_norm, 4 * 80 * 80),
    "torch-pooling": Case("maximum of 5x5, as in SPPF", pooling, 25),
    "torch-upsampling": Case("upsampling, nearest", upsampling, 4),
    "torch-attention": Case("attention, 4 heads of 400x32", attention, 400),
    "torch-matmul": Case("product of matrices, 512x512", matrices, 512),
    "torch-pinned": Case("batches through pinned memory", pinned, 1),
}


def finish(outcome, detail):
    print(outcome, " ".join(str(detail).split()), flush=True)
    sys.stderr.flush()
    # What Python and the runtime do at their end is not what was tested.
    os._exit(0)


def synchronize(torch, device):
    if device.type != "cpu":
        torch.cuda.synchronize(device)


def low_precision(torch, device):
    """That autocast takes."""
    return torch.bfloat16 if device.type == "cpu" else torch.float16


def on_device(torch, case, inputs, compute, device):
    """The results, and the time of the second time: the first one compiles and searches."""
    moved = [one.float().to(device) for one in inputs]
    if case.channels_last:
        moved = [one.to(memory_format=torch.channels_last) for one in moved]
    seconds = 0.0
    for _ in range(2):
        synchronize(torch, device)
        start = time.monotonic()
        with torch.autocast(device.type, dtype=low_precision(torch, device), enabled=case.autocast):
            results = compute(*moved)
        synchronize(torch, device)
        seconds = time.monotonic() - start
    return [one.detach().double().cpu() for one in results], seconds


def judge(torch, case, seen, expected, epsilon):
    """The largest error in units of what is allowed; ends with `wrong` where it is more than 1."""
    allowed = FACTOR * epsilon * math.sqrt(case.terms)
    worst = 0.0
    for number, (got, wanted) in enumerate(zip(seen, expected)):
        part = "the result" if number == 0 else f"gradient {number}"
        size = wanted.abs().max().item() or 1.0
        error = (got - wanted).abs()
        if not torch.isfinite(got).all().item():
            finish("wrong", f"{part}: {(~torch.isfinite(got)).sum().item()} of {got.numel()} elements are no numbers")
        relative = error.max().item() / size / allowed
        worst = max(worst, relative)
        if relative > 1:
            many = (error > allowed * size).sum().item()
            at = error.argmax().item()
            finish("wrong", f"{part}: {many} of {got.numel()} elements are further off than rounding explains, "
                            f"such as {got.flatten()[at].item():g} instead of {wanted.flatten()[at].item():g}")
    return worst


def run(torch, name, device, seed, seconds):
    case = CASES[name]
    end = time.monotonic() + seconds
    passes = 0
    worst = 0.0
    while passes == 0 or time.monotonic() < end:
        inputs, compute = case.make(torch, torch.Generator().manual_seed(seed + passes))
        if passes == 0:
            start = time.monotonic()
            expected = compute(*inputs)
            on_cpu = time.monotonic() - start
        else:
            expected = compute(*inputs)
        seen, took = on_device(torch, case, inputs, compute, device)
        # Autocast rounds both factors and the result to half precision.
        epsilon = torch.finfo(low_precision(torch, device) if case.autocast else torch.float32).eps
        worst = max(worst, judge(torch, case, seen, [one.detach() for one in expected], epsilon))
        passes += 1
    print(f"figure passes {passes}\nfigure error_of_allowed {worst:.6g}\nfigure seconds_gpu {took:.6g}\n"
          f"figure seconds_cpu_double {on_cpu:.6g}")
    if took > SLOW * on_cpu and took > SLOW_AT_LEAST_S:
        finish("slow", f"right, in {took:.3f} s; this CPU needs {on_cpu:.3f} s in double precision")
    finish("right", f"{case.summary}: {worst:.2f} of the error that rounding allows, {took * 1000:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("case", nargs="?", choices=[*CASES, []], default=[])
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0)
    options = parser.parse_args()
    if not options.case:
        print("\n".join(f"{name:<26} {case.summary}" for name, case in CASES.items()))
        return
    try:
        import torch
    except ImportError as error:
        finish("unavailable", f"no PyTorch in {sys.executable}: {error}")
    device = torch.device(options.device)
    if device.type != "cpu" and not torch.cuda.is_available():
        finish("unavailable", f"PyTorch {torch.__version__} of {sys.executable} sees no GPU")
    # The search for a solver names the one that it has chosen in the log.
    torch.backends.cudnn.benchmark = True
    try:
        run(torch, options.case, device, options.seed, options.seconds)
    except (RuntimeError, MemoryError) as error:
        finish("failed", f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
