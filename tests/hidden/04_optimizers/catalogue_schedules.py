"""the four schedules: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def remembering(schedule):
    """A schedule that multiplies the rate it gave last, instead of the base rate."""
    last = {}

    def stateful(lr, epoch, *args, **kwargs):
        if epoch == 0:
            last.clear()
        now = schedule(lr, epoch, *args, **kwargs)
        before = schedule(lr, epoch - 1, *args, **kwargs) if epoch else lr
        rate = last.get("rate", lr) * (now / before) if epoch else now
        last["rate"] = rate
        return rate

    return stateful


STATEFUL = "The rate is made from the one of the call before; compute it from the base rate lr."


def step(lr, epoch, milestones, gamma=0.1):
    return lr * gamma ** sum(m <= epoch for m in milestones)


def step_by(rate):
    """A step schedule: rate(lr, epoch, milestones, gamma)."""
    return lambda lr, epoch, milestones, gamma=0.1: float(rate(lr, epoch, milestones, gamma))


def count(t, milestones):
    return sum(m <= t for m in milestones)


step_one_late = misconception(
    "step_schedule",
    "The rate drops one epoch late: an epoch equal to a milestone has the new rate.",
)(step_by(lambda lr, t, ms, gamma: step(lr, t - 1, ms, gamma)))
step_one_early = misconception(
    "step_schedule", "The rate drops one epoch early; epochs count from 0."
)(step_by(lambda lr, t, ms, gamma: step(lr, t + 1, ms, gamma)))
step_only_at = misconception(
    "step_schedule", "The rate is smaller in the milestone's epoch only; it must stay smaller."
)(step_by(lambda lr, t, ms, gamma: lr * gamma if t in ms else lr))
step_once = misconception(
    "step_schedule", "gamma is applied once however many milestones have passed."
)(step_by(lambda lr, t, ms, gamma: lr * gamma if count(t, ms) else lr))
step_linear = misconception(
    "step_schedule", "gamma is multiplied by the number of milestones; it must be raised to it."
)(step_by(lambda lr, t, ms, gamma: lr * gamma * count(t, ms) if count(t, ms) else lr))
step_every_epoch = misconception(
    "step_schedule", "gamma is applied in every epoch after a milestone; apply it once for each."
)(step_by(lambda lr, t, ms, gamma: lr * gamma ** sum(max(0, t - m + 1) for m in ms)))
step_divided = misconception("step_schedule", "The rate is divided by gamma: it grows.")(
    step_by(lambda lr, t, ms, gamma: lr / gamma ** count(t, ms))
)
step_gamma_ignored = misconception("step_schedule", "gamma is ignored; it need not be 0.1.")(
    step_by(lambda lr, t, ms, gamma: lr * 0.1 ** count(t, ms))
)
step_remaining = misconception(
    "step_schedule", "The milestones still to come are counted, not those reached."
)(step_by(lambda lr, t, ms, gamma: lr * gamma ** (len(ms) - count(t, ms))))
step_periodic = misconception(
    "step_schedule", "Only the first milestone is used, as a period; they are a list of epochs."
)(step_by(lambda lr, t, ms, gamma: lr * gamma ** (t // max(ms[0], 1)) if ms else lr))
step_durations = misconception(
    "step_schedule",
    "The milestones are taken as lengths of stages; they are epochs from the start.",
)(step_by(lambda lr, t, ms, gamma: lr * gamma ** count(t, np.cumsum(ms))))
step_stateful = misconception("step_schedule", STATEFUL)(remembering(step))


def exponential(lr, epoch, gamma):
    return lr * gamma**epoch


def exponential_by(rate):
    return lambda lr, epoch, gamma: float(rate(lr, epoch, gamma))


exponential_early = misconception(
    "exponential_schedule", "The decay starts one epoch early: epoch 0 has the full rate."
)(exponential_by(lambda lr, t, gamma: lr * gamma ** (t + 1)))
exponential_late = misconception("exponential_schedule", "The decay starts one epoch late.")(
    exponential_by(lambda lr, t, gamma: lr * gamma ** max(t - 1, 0))
)
exponential_compounded = misconception(
    "exponential_schedule", "The decayed rate is decayed again by the whole power: it compounds."
)(exponential_by(lambda lr, t, gamma: lr * gamma ** (t * (t + 1) // 2)))
exponential_e = misconception(
    "exponential_schedule", "This is lr * exp(-gamma t); the factor of an epoch is gamma itself."
)(exponential_by(lambda lr, t, gamma: lr * np.exp(-gamma * t)))
exponential_inverse = misconception(
    "exponential_schedule", "This is inverse-time decay, lr / (1 + gamma t); it must be a power."
)(exponential_by(lambda lr, t, gamma: lr / (1 + gamma * t)))
exponential_linear = misconception(
    "exponential_schedule", "gamma is multiplied by the epoch; it must be raised to it."
)(exponential_by(lambda lr, t, gamma: lr * gamma * t if t else lr))
exponential_once = misconception("exponential_schedule", "gamma is applied only once.")(
    exponential_by(lambda lr, t, gamma: lr * gamma if t else lr)
)
exponential_of_rate = misconception(
    "exponential_schedule", "lr is raised to the power as well; only gamma is."
)(exponential_by(lambda lr, t, gamma: (lr * gamma) ** t))
exponential_complement = misconception(
    "exponential_schedule", "gamma is taken as the share lost; it is the share kept."
)(exponential_by(lambda lr, t, gamma: lr * (1 - gamma) ** t))
exponential_grows = misconception("exponential_schedule", "The rate is divided: it grows.")(
    exponential_by(lambda lr, t, gamma: lr / gamma**t)
)
exponential_stateful = misconception("exponential_schedule", STATEFUL)(remembering(exponential))


def cosine(lr, epoch, total, lr_min=0.0):
    return lr_min + (lr - lr_min) / 2 * (1 + np.cos(np.pi * epoch / total))


def cosine_by(rate):
    """A cosine schedule: rate(lr, epoch, total, lr_min)."""
    return lambda lr, epoch, total, lr_min=0.0: float(rate(lr, epoch, total, lr_min))


cosine_clamped = misconception(
    "cosine_schedule", "The rate stays at lr_min past the end; here, as in torch, it rises again."
)(cosine_by(lambda lr, t, T, low: cosine(lr, min(t, T), T, low)))
cosine_restarts = misconception(
    "cosine_schedule", "The rate jumps back to lr past the end (warm restarts); it rises slowly."
)(cosine_by(lambda lr, t, T, low: cosine(lr, t % T, T, low)))
cosine_whole_wave = misconception(
    "cosine_schedule", "A whole wave fits into `total`; it should be half a wave (pi, not 2 pi)."
)(cosine_by(lambda lr, t, T, low: cosine(lr, 2 * t, T, low)))
cosine_no_pi = misconception("cosine_schedule", "pi is missing from the cosine.")(
    cosine_by(lambda lr, t, T, low: cosine(lr, t / np.pi, T, low))
)
cosine_one_short = misconception(
    "cosine_schedule", "The minimum comes one epoch early, at total - 1."
)(cosine_by(lambda lr, t, T, low: cosine(lr, t, T - 1, low)))
cosine_one_ahead = misconception(
    "cosine_schedule", "The wave starts one epoch early: epoch 0 has the full rate."
)(cosine_by(lambda lr, t, T, low: cosine(lr, t + 1, T, low)))
cosine_no_minimum = misconception("cosine_schedule", "lr_min is ignored; the rate falls to 0.")(
    cosine_by(lambda lr, t, T, low: cosine(lr, t, T))
)
cosine_lifted = misconception(
    "cosine_schedule", "lr_min is added to a wave of full height: it starts above lr."
)(cosine_by(lambda lr, t, T, low: low + cosine(lr, t, T)))
cosine_floored = misconception(
    "cosine_schedule",
    "The wave goes to 0 and is cut off at lr_min; it must be scaled between them.",
)(cosine_by(lambda lr, t, T, low: max(low, cosine(lr, t, T))))
cosine_no_half = misconception("cosine_schedule", "The factor 1/2 is missing: twice the height.")(
    cosine_by(lambda lr, t, T, low: 2 * cosine(lr, t, T, low) - low)
)
cosine_rising = misconception("cosine_schedule", "The wave is upside down: 1 + cos, not 1 - cos.")(
    cosine_by(lambda lr, t, T, low: cosine(lr, t + T, T, low))
)
cosine_quarter = misconception(
    "cosine_schedule", "A quarter of a wave, without the 1 + : the slope at the end is steep."
)(cosine_by(lambda lr, t, T, low: low + (lr - low) * np.cos(np.pi * t / (2 * T))))
cosine_linear = misconception("cosine_schedule", "The rate falls on a straight line.")(
    cosine_by(lambda lr, t, T, low: lr + (low - lr) * t / T)
)
cosine_stateful = misconception("cosine_schedule", STATEFUL)(remembering(cosine))


def warmup(lr, epoch, warmup):
    return lr * min(1.0, (epoch + 1) / warmup)


def warmup_by(rate):
    """A warm-up: rate(lr, epoch, W)."""
    return lambda lr, epoch, warmup: float(rate(lr, epoch, warmup))


warmup_from_zero = misconception(
    "warmup_schedule",
    "The warm-up starts from 0, which wastes an epoch: the first stair is lr / W.",
)(warmup_by(lambda lr, t, W: lr * min(1.0, t / W)))
warmup_to_w_minus_1 = misconception(
    "warmup_schedule", "The warm-up goes from 0 to lr in W - 1 steps; it has W stairs from lr / W."
)(warmup_by(lambda lr, t, W: lr * min(1.0, t / max(W - 1, 1))))
warmup_endless = misconception("warmup_schedule", "The rate goes on growing after the warm-up.")(
    warmup_by(lambda lr, t, W: lr * (t + 1) / W)
)
warmup_one_more = misconception(
    "warmup_schedule", "The warm-up is one epoch too long: epoch W - 1 has the full rate."
)(warmup_by(lambda lr, t, W: lr * min(1.0, (t + 1) / (W + 1))))
warmup_ahead = misconception(
    "warmup_schedule", "The warm-up is one stair ahead: epoch 0 has lr / W."
)(warmup_by(lambda lr, t, W: lr * min(1.0, (t + 2) / W)))
warmup_late_jump = misconception(
    "warmup_schedule", "After the warm-up the rate is not lr but stays where the stairs ended."
)(warmup_by(lambda lr, t, W: lr * min(t + 1, W - 1 or 1) / W))
warmup_constant = misconception(
    "warmup_schedule", "The rate is lr / W all through the warm-up; it must grow."
)(warmup_by(lambda lr, t, W: lr / W if t + 1 < W else lr))
warmup_none = misconception("warmup_schedule", "There is no warm-up: max was taken for min.")(
    warmup_by(lambda lr, t, W: lr * max(1.0, (t + 1) / W))
)
warmup_step = misconception("warmup_schedule", "The rate is 0 during the warm-up.")(
    warmup_by(lambda lr, t, W: lr * ((t + 1) // W > 0))
)
warmup_decays = misconception("warmup_schedule", "After the warm-up the rate falls; it must stay.")(
    warmup_by(lambda lr, t, W: lr * min((t + 1) / W, W / (t + 1)))
)
warmup_squared = misconception("warmup_schedule", "The stairs grow; they must be equal.")(
    warmup_by(lambda lr, t, W: lr * min(1.0, (t + 1) / W) ** 2)
)
warmup_stateful = misconception("warmup_schedule", STATEFUL)(remembering(warmup))


@misconception("step_schedule", "The milestones are taken for a list; a tuple will do as well.")
def step_list_only(lr, epoch, milestones, gamma=0.1):
    ends = milestones + [np.inf]  # noqa: RUF005
    return lr * gamma ** next(i for i, end in enumerate(ends) if epoch < end)


@alternative("step_schedule")
def step_in_a_loop(lr, epoch, milestones, gamma=0.1):
    for milestone in milestones:
        if epoch >= milestone:
            lr = lr * gamma
    return lr


@alternative("step_schedule")
def step_by_bisection(lr, epoch, milestones, gamma=0.1):
    return np.float64(lr) * gamma ** np.searchsorted(milestones, epoch, side="right")


@alternative("exponential_schedule")
def exponential_in_a_loop(lr, epoch, gamma):
    for _ in range(epoch):
        lr *= gamma
    return lr


@alternative("exponential_schedule")
def exponential_by_logarithm(lr, epoch, gamma):
    return np.exp(np.log(lr) + epoch * np.log(gamma))


@alternative("cosine_schedule")
def cosine_of_half_the_angle(lr, epoch, total, lr_min=0.0):
    return np.array(lr_min + (lr - lr_min) * np.cos(np.pi * epoch / total / 2) ** 2)


@alternative("cosine_schedule")
def cosine_as_a_mixture(lr, epoch, total, lr_min=0.0):
    share = 0.5 * (1 - np.cos(epoch / total * np.pi))
    return float(lr * (1 - share) + lr_min * share)


@alternative("warmup_schedule")
def warmup_by_cases(lr, epoch, warmup):
    return lr if epoch >= warmup - 1 else lr / warmup + epoch * lr / warmup


@alternative("warmup_schedule")
def warmup_by_interpolation(lr, epoch, warmup):
    return np.interp(epoch + 1, [0, warmup], [0, lr])
