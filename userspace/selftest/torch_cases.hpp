// SPDX-License-Identifier: MIT
// The cases of torch/cases.py, by name; a test compares the two lists.
#pragma once

#include <array>
#include <string_view>

namespace rocmfix::selftest {

struct TorchCase {
  const char* name;
  std::string_view summary;
};

inline constexpr auto torch_cases = std::to_array<TorchCase>({
    {"torch-conv-stem", "PyTorch: YOLOv8n's first convolution, forward and backward"},
    {"torch-conv-down", "PyTorch: a convolution that halves 320x320"},
    {"torch-conv-c2f", "PyTorch: a convolution of 16 channels at 160x160"},
    {"torch-conv-1x1", "PyTorch: a convolution of 1x1"},
    {"torch-conv-neck", "PyTorch: a convolution of 64 channels at 40x40"},
    {"torch-conv-deep", "PyTorch: a convolution from 128 to 256 channels"},
    {"torch-conv-channels-last", "PyTorch: a convolution in channels_last"},
    {"torch-conv-amp", "PyTorch: a convolution under autocast"},
    {"torch-batch-norm", "PyTorch: batch normalisation, training"},
    {"torch-pooling", "PyTorch: maximum of 5x5"},
    {"torch-upsampling", "PyTorch: upsampling"},
    {"torch-attention", "PyTorch: attention"},
    {"torch-matmul", "PyTorch: products of matrices"},
    {"torch-pinned", "PyTorch: batches through pinned memory"},
});

}  // namespace rocmfix::selftest
