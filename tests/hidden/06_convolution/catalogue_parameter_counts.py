"""parameter_counts: known wrong implementations, by where they go wrong, and right ones."""

from math import prod

from gradlab.judge import alternative, misconception

from .windows import pair

# The catalogue


def _right(in_shape, out_shape, kernel_size):
    filters, channels = out_shape[0], in_shape[0]
    convolution = filters * (channels * prod(pair(kernel_size)) + 1)
    return convolution, prod(out_shape) * (prod(in_shape) + 1)


def _wrong(message, *, convolution=None, dense=None):
    """Both counts right except the one that is given, a function of the same arguments."""

    @misconception("parameter_counts", message)
    def variant(in_shape, out_shape, kernel_size):
        arguments = (in_shape, out_shape, pair(kernel_size))
        right = _right(*arguments)
        return (
            convolution(*arguments) if convolution else right[0],
            dense(*arguments) if dense else right[1],
        )

    return variant


no_biases = _wrong(
    "The biases are missing in both counts: one per filter, and one per output of the dense layer.",
    convolution=lambda i, o, k: o[0] * i[0] * prod(k),
    dense=lambda i, o, k: prod(i) * prod(o),
)
no_convolution_bias = _wrong(
    "The biases of the convolution are missing: one for each filter.",
    convolution=lambda i, o, k: o[0] * i[0] * prod(k),
)
no_dense_bias = _wrong(
    "The biases of the dense layer are missing: one for each of its outputs.",
    dense=lambda i, o, k: prod(i) * prod(o),
)
bias_for_each_pixel = _wrong(
    "You counted a convolution bias for each output pixel. All pixels of a filter share one.",
    convolution=lambda i, o, k: o[0] * i[0] * prod(k) + prod(o),
)
one_bias = _wrong(
    "You counted one bias for the whole convolution. Each filter has its own.",
    convolution=lambda i, o, k: o[0] * i[0] * prod(k) + 1,
)
bias_for_each_kernel = _wrong(
    "You counted a bias for each channel of each filter. A filter has one bias.",
    convolution=lambda i, o, k: o[0] * i[0] * (prod(k) + 1),
)
channels_forgotten = _wrong(
    "A filter has a kernel for each input channel: multiply by C.",
    convolution=lambda i, o, k: o[0] * (prod(k) + 1),
)
filters_forgotten = _wrong(
    "You counted one filter only: multiply by F.",
    convolution=lambda i, o, k: i[0] * prod(k) + 1,
)
kernel_not_squared = _wrong(
    "A kernel of size k has k × k weights, not k.",
    convolution=lambda i, o, k: o[0] * (i[0] * k[0] + 1),
)
height_squared = _wrong(
    "A kernel of kh × kw has kh * kw weights; you squared its height.",
    convolution=lambda i, o, k: o[0] * (i[0] * k[0] ** 2 + 1),
)
not_shared = _wrong(
    "You counted new weights for every output pixel. A convolution shares them: the size of the "
    "image does not matter.",
    convolution=lambda i, o, k: prod(o) * (i[0] * prod(k) + 1),
)
dense_bias_for_each_channel = _wrong(
    "You counted one bias for each output channel of the dense layer. Each of its outputs has one.",
    dense=lambda i, o, k: prod(i) * prod(o) + o[0],
)
dense_without_channels = _wrong(
    "The dense layer joins all channels: count C × H × W inputs and F × H' × W' outputs.",
    dense=lambda i, o, k: prod(o[1:]) * (prod(i[1:]) + 1),
)
dense_to_filters = _wrong(
    "Your dense layer has F outputs. It makes the same shape as the convolution, F × H' × W'.",
    dense=lambda i, o, k: o[0] * (prod(i) + 1),
)
dense_bias_for_each_input = _wrong(
    "You counted a bias for each input of the dense layer. Biases belong to its outputs.",
    dense=lambda i, o, k: prod(i) * (prod(o) + 1),
)
floats = _wrong(
    "You returned floats. Parameters are counted: return ints.",
    convolution=lambda i, o, k: float(_right(i, o, k)[0]),
    dense=lambda i, o, k: float(_right(i, o, k)[1]),
)


@misconception(
    "parameter_counts", "The two counts are the wrong way round: return (convolution, dense)."
)
def dense_first(in_shape, out_shape, kernel_size):
    return _right(in_shape, out_shape, kernel_size)[::-1]


@misconception("parameter_counts", "A kernel size given as a pair was taken for a single number.")
def first_size_only(in_shape, out_shape, kernel_size):
    return _right(in_shape, out_shape, pair(kernel_size)[1])


# Alternatives


@alternative("parameter_counts")
def in_one_formula(in_shape, out_shape, kernel_size):
    (c, h, w), (f, p, q) = in_shape, out_shape
    kh, kw = kernel_size if isinstance(kernel_size, tuple | list) else (kernel_size, kernel_size)
    return f * c * kh * kw + f, c * h * w * f * p * q + f * p * q


@alternative("parameter_counts")
def by_numpy(in_shape, out_shape, kernel_size):
    import numpy as np

    kernel = np.prod(pair(kernel_size)) * in_shape[0] + 1
    return [out_shape[0] * kernel, np.prod(out_shape) * (np.prod(in_shape) + 1)]
