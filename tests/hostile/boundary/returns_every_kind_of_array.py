"""
tries = "Returns masked, structured, object, date, matrix, memmap and string arrays, and odd strides."
"""


# %% exercise="row_norms"
def row_norms(x):
    from numpy.lib.stride_tricks import as_strided

    kinds = [
        np.ma.masked_array(np.zeros(len(x)), mask=True),
        np.zeros(len(x), dtype=[("a", "f8"), ("b", "O")]),
        np.array([object()] * len(x)),
        np.array(["2020-01-01"] * len(x), dtype="M8[D]"),
        np.zeros(len(x), dtype="complex256"),
        np.zeros(len(x), dtype=">f2"),
        np.array(["x" * 100] * len(x)),
        np.matrix(x),
        as_strided(np.zeros(1), (len(x),), (0,)),
        as_strided(np.zeros(8), (len(x), 3), (-8, 8), writeable=False)[::-1],
        np.frombuffer(bytes(8 * len(x))),
        np.array(5.0),
    ]
    row_norms.turn = getattr(row_norms, "turn", -1) + 1
    return kinds[row_norms.turn % len(kinds)]
