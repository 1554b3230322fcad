"""make_loaders: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np
import torch
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from gradlab.judge import alternative, misconception


def _generator(seed):
    return torch.Generator().manual_seed(seed)


def _first(training, batch_size, seed):
    data = TensorDataset(*training)
    return DataLoader(data, batch_size, shuffle=True, generator=_generator(seed))


def _second(validation, batch_size, seed):
    return DataLoader(TensorDataset(*validation), batch_size)


def _wrong(message, first=_first, second=_second, answer=lambda one, two: (one, two)):
    @misconception("make_loaders", message)
    def make_loaders(training, validation, *, batch_size, seed):
        return answer(first(training, batch_size, seed), second(validation, batch_size, seed))

    return make_loaders


def _loader(**options):
    """A loader of a pair with these options; `generator` is made of the seed if it is True."""

    def make(pair, batch_size, seed):
        given = dict(options)
        if given.get("generator"):
            given["generator"] = _generator(seed)
        return DataLoader(TensorDataset(*pair), batch_size, **given)

    return make


# Misconceptions: what an epoch holds

short_batch_dropped = _wrong(
    "The short last batch is dropped: some samples are left out of each epoch.",
    _loader(shuffle=True, generator=True, drop_last=True),
)
both_short_batches_dropped = _wrong(
    "The short last batch is dropped in both loaders.",
    _loader(shuffle=True, generator=True, drop_last=True),
    _loader(drop_last=True),
)
validation_short_batch_dropped = _wrong(
    "The validation loader drops its short last batch.", second=_loader(drop_last=True)
)
with_replacement = _wrong(
    "Samples are drawn with replacement: some come twice, others not at all.",
    lambda pair, batch_size, seed: DataLoader(
        data := TensorDataset(*pair),
        batch_size,
        sampler=RandomSampler(data, replacement=True, generator=_generator(seed)),
    ),
)
batches_of_one = _wrong(
    "batch_size is not used: the training batches hold one sample.",
    lambda pair, batch_size, seed: _first(pair, 1, seed),
)
one_batch = _wrong(
    "All training samples come in one batch.",
    lambda pair, batch_size, seed: _first(pair, len(pair[1]), seed),
)


def _torn(pair, batch_size, seed):
    order = torch.randperm(len(pair[1]), generator=_generator(seed + 1))
    return _first((pair[0][order], pair[1]), batch_size, seed)


torn_apart = _wrong("Samples and labels are shuffled apart from each other.", _torn)


def _labels_first(pair, batch_size, seed):
    return _first(pair[::-1], batch_size, seed)


labels_first = _wrong("A batch is (y, x); it should be (x, y).", _labels_first)
loaders_swapped = _wrong(
    "You returned (validation loader, training loader).", answer=lambda one, two: (two, one)
)
one_loader = _wrong("Only the training loader came back.", answer=lambda one, two: one)
validation_in_training = _wrong(
    "Both loaders deal out the training data.",
    answer=lambda one, two: (one, DataLoader(one.dataset, one.batch_size)),
)


@misconception("make_loaders", "The training loader deals out the validation data as well.")
def everything_in_training(training, validation, *, batch_size, seed):
    both = tuple(torch.cat(parts) for parts in zip(training, validation))
    return _first(both, batch_size, seed), _second(validation, batch_size, seed)


validation_in_one_batch_too_many = _wrong(
    "The validation loader's batches are twice as large as batch_size.",
    second=lambda pair, batch_size, seed: _second(pair, 2 * batch_size, seed),
)

# Misconceptions: the order

validation_shuffled = _wrong(
    "The validation data are shuffled. Keep their order.",
    second=_loader(shuffle=True, generator=True),
)
not_shuffled = _wrong("The training data are not shuffled.", _loader())


def _shuffled_once(pair, batch_size, seed):
    order = torch.randperm(len(pair[1]), generator=_generator(seed))
    return DataLoader(TensorDataset(*(part[order] for part in pair)), batch_size)


shuffled_once = _wrong(
    "The data are shuffled once; every epoch has the same order. Let the loader shuffle.",
    _shuffled_once,
)


class _Reseeding:
    """A loader that seeds its generator anew in each epoch."""

    def __init__(self, pair, batch_size, seed):
        self.arguments = pair, batch_size, seed

    def __iter__(self):
        return iter(_first(*self.arguments))


seeded_in_each_epoch = _wrong(
    "The generator is seeded anew in each epoch, so that all have the same order.", _Reseeding
)


seed_ignored = _wrong(
    "Every seed gives the same orders: seed is not used.",
    lambda pair, batch_size, seed: _first(pair, batch_size, 0),
)

# Misconceptions: whose random numbers

global_generator = _wrong(
    "The order comes from torch's global generator. Give the loader a generator of its own.",
    _loader(shuffle=True),
)


def _seeded_globally(pair, batch_size, seed):
    torch.manual_seed(seed)
    return _loader(shuffle=True)(pair, batch_size, seed)


global_generator_seeded = _wrong(
    "torch.manual_seed resets the global generator of the whole program. Make a torch.Generator.",
    _seeded_globally,
)


def _seeded_both(pair, batch_size, seed):
    torch.manual_seed(seed)
    return _first(pair, batch_size, seed)


both_seeded = _wrong(
    "The loader has a generator of its own, but you seed the global one as well.", _seeded_both
)


def _unseeded(pair, batch_size, seed):
    generator = torch.Generator()
    generator.seed()
    return DataLoader(TensorDataset(*pair), batch_size, shuffle=True, generator=generator)


unseeded = _wrong("Your generator is not seeded with seed: each run has other orders.", _unseeded)


def _drawn_seed(pair, batch_size, seed):
    return _first(pair, batch_size, seed + int(torch.randint(1000, ())))


seed_drawn = _wrong("Making the loaders draws from the global generator.", _drawn_seed)

# Alternatives


@alternative("make_loaders")
def by_sampler(training, validation, *, batch_size, seed):
    data = TensorDataset(*training)
    generator = torch.Generator()
    generator.manual_seed(seed)
    sampler = RandomSampler(data, generator=generator)
    first = DataLoader(data, batch_size=batch_size, sampler=sampler, generator=generator)
    return [first, DataLoader(TensorDataset(*validation), batch_size=batch_size, shuffle=False)]


class _ByHand:
    def __init__(self, pair, batch_size, generator=None):
        self.pair, self.batch_size, self.generator = pair, batch_size, generator

    def __iter__(self):
        order = torch.arange(len(self.pair[1]))
        if self.generator is not None:
            order = torch.from_numpy(self.generator.permutation(len(order)))
        for part in order.split(self.batch_size):
            yield self.pair[0][part], self.pair[1][part]


@alternative("make_loaders")
def by_hand(training, validation, *, batch_size, seed):
    generator = np.random.default_rng(seed)
    return _ByHand(training, batch_size, generator), _ByHand(validation, batch_size)


@alternative("make_loaders")
def pairs_in_a_list(training, validation, *, batch_size, seed):
    return (
        DataLoader(
            list(zip(*training)), batch_size, True, generator=torch.Generator().manual_seed(seed)
        ),
        DataLoader(list(zip(*validation)), batch_size, False),
    )
