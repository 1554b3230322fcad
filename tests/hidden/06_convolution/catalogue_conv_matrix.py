"""conv_matrix: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

# The catalogue


def _matrix(kernel, height, width):
    (kh, kw), rows, columns = (
        kernel.shape,
        height - kernel.shape[0] + 1,
        width - kernel.shape[1] + 1,
    )
    matrix = np.zeros((rows, columns, height, width))
    for i, j in np.ndindex(rows, columns):
        matrix[i, j, i : i + kh, j : j + kw] = kernel
    return matrix


def _flat(matrix):
    return matrix.reshape(matrix.shape[0] * matrix.shape[1], -1)


def _wrong(message, compute):
    return misconception("conv_matrix", message)(compute)


flipped = _wrong(
    "Your kernel is flipped. Lay it down as it is: deep learning's convolution does not flip.",
    lambda kernel, height, width: _flat(_matrix(kernel[::-1, ::-1], height, width)),
)
transposed_kernel = _wrong(
    "Your kernel is transposed: its first axis runs down.",
    lambda kernel, height, width: _flat(_matrix(kernel.T, height, width)),
)
transposed = _wrong(
    "Your matrix is transposed: one row for each output pixel, one column for each input pixel.",
    lambda kernel, height, width: _flat(_matrix(kernel, height, width)).T,
)
height_and_width_swapped = _wrong(
    "Height and width of the image are swapped.",
    lambda kernel, height, width: _flat(_matrix(kernel, width, height)),
)
column_by_column = _wrong(
    "You read the image and the output column by column. Read them row by row, as ravel does.",
    lambda kernel, height, width: _flat(_matrix(kernel, height, width).transpose(1, 0, 3, 2)),
)
output_column_by_column = _wrong(
    "Your rows follow the output column by column. They follow it row by row: row i * W' + j.",
    lambda kernel, height, width: _flat(_matrix(kernel, height, width).swapaxes(0, 1)),
)
single_precision = _wrong(
    "Your kernel went through float32 and lost its last digits. Copy it as it is.",
    lambda kernel, height, width: _flat(
        _matrix(kernel.astype(np.float32).astype(np.float64), height, width)
    ),
)
not_reshaped = _wrong(
    "Your result still has four axes. Reshape it to (H'*W', H*W).",
    lambda kernel, height, width: _matrix(kernel, height, width),
)


def _image_of_first_row(kernel, height, width):
    return _matrix(kernel, height, width)[0, 0].ravel()


@misconception(
    "conv_matrix",
    "Each of your rows is the one above, moved by one. At the end of an output row the window "
    "jumps to the next image row: by kw, not by 1.",
)
def moved_by_one(kernel, height, width):
    first, count = _image_of_first_row(kernel, height, width), _flat(_matrix(kernel, height, width))
    return np.stack([np.roll(first, shift) for shift in range(len(count))])


@misconception(
    "conv_matrix",
    "You used the width of the output to find a pixel's column. Pixel (a, b) is column a * W + b, "
    "with the width W of the image.",
)
def output_width_for_the_columns(kernel, height, width):
    (kh, kw), out_h, out_w = kernel.shape, height - len(kernel) + 1, width - kernel.shape[1] + 1
    matrix = np.zeros((out_h * out_w, height * width))
    for i, j, u, v in np.ndindex(out_h, out_w, kh, kw):
        matrix[i * out_w + j, (i + u) * out_w + (j + v)] = kernel[u, v]
    return matrix


@misconception(
    "conv_matrix",
    "You used the width of the image to number the outputs. Output (i, j) is row i * W' + j.",
)
def image_width_for_the_rows(kernel, height, width):
    (kh, kw), out_h, out_w = kernel.shape, height - len(kernel) + 1, width - kernel.shape[1] + 1
    matrix = np.zeros((out_h * width, height * width))
    for i, j, u, v in np.ndindex(out_h, out_w, kh, kw):
        matrix[i * width + j, (i + u) * width + (j + v)] = kernel[u, v]
    return matrix[: out_h * out_w]


@misconception(
    "conv_matrix",
    "Your kernel wraps round the image, with an output for every pixel. Only whole windows count.",
)
def circular(kernel, height, width):
    base = np.zeros((height, width))
    base[: kernel.shape[0], : kernel.shape[1]] = kernel
    return np.stack(
        [np.roll(base, place, axis=(0, 1)).ravel() for place in np.ndindex(height, width)]
    )


@misconception(
    "conv_matrix",
    "Your matrix pads the image with zeros, so its output is as large. Only whole windows count.",
)
def padded(kernel, height, width):
    kh, kw = kernel.shape
    big = _matrix(kernel, height + kh - 1, width + kw - 1)
    top, left = (kh - 1) // 2, (kw - 1) // 2
    return _flat(big[:, :, top : top + height, left : left + width])


@misconception(
    "conv_matrix",
    "Your windows do not overlap. With stride 1 they move by one pixel.",
)
def tiles(kernel, height, width):
    kh, kw = kernel.shape
    return _flat(_matrix(kernel, height, width)[::kh, ::kw])


@misconception(
    "conv_matrix",
    "Only the first value of the kernel is in your matrix: each row holds all kh * kw of them.",
)
def one_weight(kernel, height, width):
    first = np.zeros_like(kernel)
    first[0, 0] = kernel[0, 0]
    return _flat(_matrix(first, height, width))


@misconception(
    "conv_matrix",
    "Your rows hold the kernel as one uninterrupted run. Between two kernel rows lies the rest of "
    "an image row: W - kw zeros.",
)
def kernel_without_gaps(kernel, height, width):
    (kh, kw), out_h, out_w = kernel.shape, height - len(kernel) + 1, width - kernel.shape[1] + 1
    matrix = np.zeros((out_h * out_w, height * width))
    for i, j in np.ndindex(out_h, out_w):
        matrix[i * out_w + j, i * width + j :][: kh * kw] = kernel.ravel()
    return matrix


# Alternatives


@alternative("conv_matrix")
def entry_by_entry(kernel, height, width):
    (kh, kw), out_h, out_w = kernel.shape, height - len(kernel) + 1, width - kernel.shape[1] + 1
    matrix = np.zeros((out_h * out_w, height * width))
    for i, j, u, v in np.ndindex(out_h, out_w, kh, kw):
        matrix[i * out_w + j, (i + u) * width + (j + v)] = kernel[u, v]
    return matrix


@alternative("conv_matrix")
def by_unit_images(kernel, height, width):
    columns = []
    for unit in np.eye(height * width).reshape(-1, height, width):
        windows = np.lib.stride_tricks.sliding_window_view(unit, kernel.shape)
        columns.append((windows * kernel).sum(axis=(2, 3)).ravel())
    return np.array(columns).T


@alternative("conv_matrix")
def by_toeplitz_blocks(kernel, height, width):
    """A sum of Kronecker products: shift the rows, then convolve along each row."""
    (kh, kw), out_h, out_w = kernel.shape, height - len(kernel) + 1, width - kernel.shape[1] + 1
    along = [sum(kernel[u, v] * np.eye(out_w, width, v) for v in range(kw)) for u in range(kh)]
    return sum(np.kron(np.eye(out_h, height, u), along[u]) for u in range(kh))


@alternative("conv_matrix")
def by_kronecker_products(kernel, height, width):
    kh, kw = kernel.shape
    rows, columns = height - kh + 1, width - kw + 1
    return sum(
        kernel[u, v] * np.kron(np.eye(rows, height, k=u), np.eye(columns, width, k=v))
        for u, v in np.ndindex(kh, kw)
    )
