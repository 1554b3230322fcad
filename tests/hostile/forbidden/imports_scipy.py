"""
tries = "Uses SciPy and scikit-learn, which are installed outside."
present = ["No module named"]
"""


# %% exercise="row_norms"
def row_norms(x):
    try:
        from scipy.linalg import norm
    except ImportError:
        from sklearn.preprocessing import normalize

        return (x / normalize(x))[:, 0]
    return np.array([norm(row) for row in x])
