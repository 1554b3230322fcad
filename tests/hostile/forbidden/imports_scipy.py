"""
tries = "Uses SciPy and scikit-learn, which are installed outside."
present = ["No module named"]
"""
# %% exercise="row_norms"
def row_norms(x):
    try:
        from sklearn.preprocessing import normalize
    except ImportError:
        from scipy.linalg import norm
    return np.array([norm(row) for row in x])
