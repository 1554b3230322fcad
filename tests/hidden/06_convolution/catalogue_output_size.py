"""output_size: known wrong implementations, by where they go wrong, and right ones."""

from gradlab.judge import alternative, misconception

# Misconceptions


def _wrong(message, formula):
    """A count that refuses kernels that do not fit, and then uses a wrong formula."""

    @misconception("output_size", message)
    def variant(n, kernel_size, *, stride=1, padding=0, dilation=1):
        if dilation * (kernel_size - 1) + 1 > n + 2 * padding:
            raise ValueError(f"kernel_size {kernel_size} does not fit into {n + 2 * padding}")
        return formula(n, kernel_size, stride, padding, dilation)

    return variant


plus_one_lost = _wrong(
    "The + 1 at the end is missing: a kernel that just fits has one position, not none.",
    lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s,
)
plus_one_inside = _wrong(
    "The + 1 stands outside the floor: positions are counted after dividing by the stride.",
    lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1 + 1) // s,
)
rounded_up = _wrong(
    "You rounded up. A last position that leaves the padded input does not count: use the floor.",
    lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1,
)
rounded = _wrong(
    "You rounded to the nearest whole number. A position that does not fit never counts: use //.",
    lambda n, k, s, p, d: round((n + 2 * p - d * (k - 1) - 1) / s) + 1,
)
padded_once = _wrong(
    "The padding was counted once. It is added on each side, 2p in all.",
    lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1,
)
dilated_whole_kernel = _wrong(
    "A dilated kernel spans d(k - 1) + 1 inputs, not d·k: there is no gap after the last value.",
    lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1,
)
gaps_instead_of_step = _wrong(
    "You put d zeros between the kernel's values. A dilation of d means d apart, with d - 1 zeros.",
    lambda n, k, s, p, d: (n + 2 * p - (d + (d > 1)) * (k - 1) - 1) // s + 1,
)
dilation_ignored = _wrong(
    "The dilation is not used: a dilated kernel spans d(k - 1) + 1 inputs.",
    lambda n, k, s, p, d: (n + 2 * p - k) // s + 1,
)
stride_ignored = _wrong(
    "The stride is not used: only every s-th position counts.",
    lambda n, k, s, p, d: n + 2 * p - d * (k - 1),
)
padding_ignored = _wrong(
    "The padding is not used: it adds 2p inputs.",
    lambda n, k, s, p, d: max((n - d * (k - 1) - 1) // s + 1, 0),
)
floor_as_float = _wrong(
    "You returned a float. The size is right, but positions are counted: return an int.",
    lambda n, k, s, p, d: float((n + 2 * p - d * (k - 1) - 1) // s + 1),
)
without_floor = _wrong(
    "You divided without rounding down. Only whole positions count: use //.",
    lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1,
)
size_over_stride = _wrong(
    "You divided the input by the stride, then subtracted the kernel. Subtract first, then divide.",
    lambda n, k, s, p, d: (n + 2 * p) // s - d * (k - 1),
)
transposed_formula = _wrong(
    "This is the size of a transposed convolution, which goes the other way.",
    lambda n, k, s, p, d: (n - 1) * s - 2 * p + d * (k - 1) + 1,
)


def _consistent(message, room):
    """A wrong count that also decides by it which kernels fit."""

    @misconception("output_size", message)
    def variant(n, kernel_size, *, stride=1, padding=0, dilation=1):
        left = room(n, kernel_size, padding, dilation)
        if left < 0:
            raise ValueError(f"kernel_size {kernel_size} does not fit")
        return left // stride + 1

    return variant


padded_once_throughout = _consistent(
    "The padding was counted once. It is added on each side, 2p in all.",
    lambda n, k, p, d: n + p - d * (k - 1) - 1,
)
dilated_whole_throughout = _consistent(
    "A dilated kernel spans d(k - 1) + 1 inputs, not d·k: there is no gap after the last value.",
    lambda n, k, p, d: n + 2 * p - d * k,
)


@misconception(
    "output_size",
    "A kernel that does not fit must raise a ValueError that names kernel_size.",
)
def never_refuses(n, kernel_size, *, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "output_size",
    "Your test for a kernel that does not fit forgets the dilation: it spans d(k - 1) + 1 inputs.",
)
def refuses_without_dilation(n, kernel_size, *, stride=1, padding=0, dilation=1):
    if kernel_size > n + 2 * padding:
        raise ValueError(f"kernel_size {kernel_size} does not fit")
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "output_size",
    "Your test for a kernel that does not fit forgets the padding, and refuses kernels that fit.",
)
def refuses_without_padding(n, kernel_size, *, stride=1, padding=0, dilation=1):
    if dilation * (kernel_size - 1) + 1 > n:
        raise ValueError(f"kernel_size {kernel_size} does not fit")
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "output_size",
    "A kernel that just fits was refused. It has exactly one position.",
)
def refuses_a_just_fit(n, kernel_size, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if room <= 0:
        raise ValueError(f"kernel_size {kernel_size} does not fit")
    return room // stride + 1


# Alternatives


@alternative("output_size")
def by_counting(n, kernel_size, *, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    starts = range(0, n + 2 * padding - span + 1, stride)
    if len(starts) == 0:
        raise ValueError(f"kernel_size={kernel_size} is too large")
    return len(starts)


@alternative("output_size")
def by_float_floor(n, kernel_size, *, stride=1, padding=0, dilation=1):
    size = int((n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)
    if n + 2 * padding < dilation * (kernel_size - 1) + 1:
        raise ValueError(f"the kernel_size {kernel_size} must fit")
    return size


@alternative("output_size")
def by_rearranging(n, kernel_size, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel_size - 1)
    if room < 1:
        raise ValueError(f"kernel_size is {kernel_size}")
    return (room + stride - 1) // stride
