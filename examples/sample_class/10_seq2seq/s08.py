"""
base = "solution"
why = "Odd: modules that answer with other things, a lambda for a class, float64 by default."
rest = "full"

[expected]
Encoder = 0
Decoder = 0
AttentionDecoder = 0
greedy_decode = 0
exposing_match = 0
predict_weights = 0
predict_exact_share = 0

[misconceptions]
"""

# %%
torch.manual_seed(1234)
torch.set_default_dtype(torch.float64)  # so that nothing has to be converted


# %% exercise="Encoder"
class Encoder:
    """No nn.Module at all."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        self.table = torch.randn(vocab_size, hidden_size)

    def __call__(self, tokens, mask):
        memory = self.table[tokens] * mask[..., None]
        return memory, memory.sum(dim=1)


# %% exercise="Decoder"
def make_decoder(vocab_size, embedding_size, hidden_size):
    return lambda token, state, memory=None, mask=None: (state, state, None)


Decoder = make_decoder


# %% exercise="AttentionDecoder"
class AttentionDecoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__()
        # layers in a list: the optimiser would not find them
        self.layers = [
            nn.Embedding(vocab_size, embedding_size),
            nn.GRUCell(embedding_size, hidden_size),
            nn.Linear(2 * hidden_size, vocab_size),
        ]
        self.attend = attend

    def forward(self, token, state, memory, mask):
        embedding, cell, out = self.layers
        state = cell(embedding(token), state)
        context, weights = self.attend(state, memory, mask)
        return out(torch.cat([state, context], dim=1)), state, weights


# %% exercise="greedy_decode"
def greedy_decode(decoder, state, memory, mask, *, max_length):
    rows = []
    token = torch.full((len(state),), BOS)
    while not (token == EOS).all():  # and if they never end together?
        logits, state, _ = decoder(token, state, memory, mask)
        token = logits.argmax(dim=1)
        rows.append(token)
    return rows


# %% exercise="exposing_match"
def exposing_match():
    return torch.randint(0, 10**6, (1000, 1000)), "every pair of texts exposes something"


# %% exercise="predict_weights"
def predict_weights():
    return {"first": 1 / 3, "second": 2 / 3, "third": float("nan")}


# %% exercise="predict_exact_share"
def predict_exact_share():
    return "about 60 %"
