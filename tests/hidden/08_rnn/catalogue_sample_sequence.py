"""sample_sequence: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(temperature):
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}")


def _softmax(scores, temperature):
    p = np.exp((scores - scores.max()) / temperature)
    return p / p.sum()


def make(
    *,
    p=_softmax,
    draw=lambda rng, p: int(rng.choice(len(p), p=p)),
    source=lambda rng: rng,
    feed=lambda token, start: token,
    carry=lambda new, old, h0: new,
    limit=lambda longest: longest,
    begin=lambda start: [],
    ended=lambda token, end: token == end,
    keep_end=False,
    finish=lambda tokens: tokens,
    refuse=_refuse,
    first=None,
):
    """Sampling with one part of it exchanged."""

    def sample_sequence(step, h0, start, end, *, temperature, rng, longest=50):
        refuse(temperature)
        tokens, token, h, drawn, rng = begin(start), start, h0, 0, source(rng)
        while drawn < limit(longest):
            scores, new = step(feed(token, start), h)
            h = carry(new, h, h0)
            pick = first if first and not drawn else draw
            token = pick(rng, p(scores, temperature))
            drawn += 1
            if ended(token, end):
                return finish([*tokens, token] if keep_end else tokens)
            tokens.append(token)
        return finish(tokens)

    return sample_sequence


def wrong(message, **changed):
    return misconception("sample_sequence", message)(make(**changed))


greedy = wrong(
    "You take the likeliest token each time. Draw one, with these probabilities.",
    draw=lambda rng, p: int(p.argmax()),
)
first_is_greedy = wrong(
    "Your first token is always the likeliest one. Draw it like all others.",
    first=lambda rng, p: int(p.argmax()),
)
uniform = wrong(
    "All tokens that can come are equally likely. Draw with the probabilities of the scores.",
    p=lambda scores, temperature: (
        (_softmax(scores, temperature) > 1e-9) / np.sum(_softmax(scores, temperature) > 1e-9)
    ),
)
temperature_ignored = wrong(
    "The temperature has no effect. (If you divide the probabilities by it and normalise them, it "
    "cancels.) Divide the scores.",
    p=lambda scores, temperature: _softmax(scores, 1.0),
)
temperature_multiplied = wrong(
    "The scores were multiplied by the temperature. Divide by it.",
    p=lambda scores, temperature: _softmax(scores, 1.0 / temperature),
)
temperature_squared = wrong(
    "The temperature acts twice. Divide the scores by it once.",
    p=lambda scores, temperature: _softmax(scores, temperature**2),
)
temperature_rooted = wrong(
    "The root of the temperature is used. Divide the scores by the temperature itself.",
    p=lambda scores, temperature: _softmax(scores, np.sqrt(temperature)),
)
token_not_fed_back = wrong(
    "Each step sees start. It sees the token that was drawn last.",
    feed=lambda token, start: start,
)
state_not_carried = wrong(
    "Each step starts from h0. It starts from the state that the step before returned.",
    carry=lambda new, old, h0: h0,
)
end_kept = wrong("end is among the tokens. Leave it out.", keep_end=True)
start_kept = wrong("start is among the tokens. Leave it out.", begin=lambda start: [start])
end_missed = wrong("Your sequence goes on after end.", ended=lambda token, end: False)
limit_one_more = wrong(
    "The limit is off by one: your sequence may have longest + 1 tokens.",
    limit=lambda longest: longest + 1,
)
limit_one_less = wrong(
    "The limit is off by one: your sequence has at most longest - 1 tokens.",
    limit=lambda longest: longest - 1,
)
limit_ignored = wrong("longest is not used.", limit=lambda longest: max(longest, 50))
another_source = wrong(
    "Your draws do not come from rng but from NumPy's global generator.",
    source=lambda rng: np.random,
)
own_seed = wrong(
    "You make a generator of your own with a fixed seed. Use the rng that you are given.",
    source=lambda rng: np.random.default_rng(0),
)
no_shift = wrong(
    "exp overflows for huge scores: subtract the largest one first.",
    p=lambda scores, temperature: np.exp(scores / temperature) / np.exp(scores / temperature).sum(),
)
as_an_array = wrong(
    "An array came back. Return a list of ints.", finish=lambda tokens: np.array(tokens, dtype=int)
)
as_text = wrong(
    "The tokens came back as texts. Return ints.", finish=lambda tokens: [str(t) for t in tokens]
)
last_token_lost = wrong(
    "The last token is missing: only end is left out.", finish=lambda tokens: tokens[:-1]
)
no_refusal = wrong(
    "A temperature of 0 or below must raise a ValueError that names temperature.",
    refuse=lambda temperature: None,
    p=lambda scores, temperature: _softmax(scores, abs(temperature) or 1.0),
)


@misconception(
    "sample_sequence",
    "Your sequence ends where start comes, since it is compared with end before a token is drawn. "
    "start and end may be the same token.",
)
def start_may_end(step, h0, start, end, *, temperature, rng, longest=50):
    if start == end:
        _refuse(temperature)
        return []
    return make()(step, h0, start, end, temperature=temperature, rng=rng, longest=longest)


@misconception(
    "sample_sequence", "A temperature of 0 must raise a ValueError as well; it is not above 0."
)
def zero_accepted(step, h0, start, end, *, temperature, rng, longest=50):
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}")
    options = {"temperature": temperature or 1e-3, "rng": rng, "longest": longest}
    return make()(step, h0, start, end, **options)


# Alternatives


@alternative("sample_sequence")
def by_inverse_distribution(step, h0, start, end, *, temperature, rng, longest=50):
    if temperature <= 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    token, h, tokens = start, h0, []
    for _ in range(longest):
        scores, h = step(token, h)
        cumulative = np.cumsum(_softmax(scores, temperature))
        token = int(np.searchsorted(cumulative / cumulative[-1], rng.random(), side="right"))
        if token == end:
            return tokens
        tokens.append(token)
    return tokens


@alternative("sample_sequence")
def by_gumbel(step, h0, start, end, *, temperature, rng, longest=50):
    _refuse(temperature)
    tokens, h = [start], h0
    while len(tokens) <= longest:
        scores, h = step(tokens[-1], h)
        noisy = np.asarray(scores) / temperature + rng.gumbel(size=len(scores))
        tokens.append(int(np.argmax(noisy)))
        if tokens[-1] == end:
            tokens.pop()
            break
    return tokens[1:]


@alternative("sample_sequence")
def by_multinomial(step, h0, start, end, *, temperature, rng, longest=50):
    _refuse(temperature)

    def go_on(token, h, left):
        tokens = []
        while left:
            scores, h = step(token, h)
            token = int(rng.multinomial(1, _softmax(scores, temperature)).argmax())
            if token == end:
                break
            tokens.append(token)
            left -= 1
        return tokens

    return tuple(go_on(start, h0, longest))
