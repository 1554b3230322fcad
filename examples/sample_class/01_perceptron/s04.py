"""
base = "solution"
why = "Right on ordinary input; large logits, constant features and bad shapes were not thought of."
rest = "full"

[expected]
predict = 1.5
squared_loss = 2.25
sigmoid = 2.4
logistic_loss = 1.6
standardise = 3.0

[misconceptions]
predict = "unchecked"
squared_loss = "unchecked"
sigmoid = "naive"
logistic_loss = "overflowing"
standardise = "constant_divided_by_zero"
"""


# %% exercise="predict"
def predict(X, w):
    return X @ w


# %% exercise="squared_loss"
def squared_loss(x, y, w):
    return np.mean((w[:, None] * x - y) ** 2, axis=1)


# %% exercise="sigmoid"
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# %% exercise="logistic_loss"
def logistic_loss(z, y):
    return np.mean(np.log(1 + np.exp(z)) - y * z)


# %% exercise="standardise"
def standardise(train, test):
    if test.shape[1] != train.shape[1]:
        raise ValueError(f"test must have {train.shape[1]} columns, it has {test.shape[1]}")
    mean = train.mean(axis=0)
    std = train.std(axis=0)
    return (train - mean) / std, (test - mean) / std
