"""class_activation_map: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch.nn import functional

from gradlab.judge import alternative, misconception

NAME = "class_activation_map"


def _rows(weight, labels):
    return weight[labels]


def _sum(rows, features):
    return (rows[:, :, None, None] * features).sum(dim=1)


def _large(maps, size):
    return functional.interpolate(maps[:, None], size, mode="bilinear", align_corners=False)[:, 0]


def _map(rows=_rows, add=_sum, change=lambda maps: maps, enlarge=_large):
    def class_activation_map(features, weight, labels, size):
        return enlarge(change(add(rows(weight, labels), features)), tuple(size))

    return class_activation_map


def _wrong(message, **steps):
    return misconception(NAME, message)(_map(**steps))


def _zoom(**options):
    return lambda maps, size: functional.interpolate(maps[:, None], size, **options)[:, 0]


# Misconceptions: the class

first_label_for_all = _wrong(
    "All maps are of the first image's class. Each image has its own label.",
    rows=lambda weight, labels: weight[labels[:1]].expand(len(labels), -1),
)
class_by_position = _wrong(
    "Image n gets the weights of class n. Take those of labels[n].",
    rows=lambda weight, labels: weight[torch.arange(len(labels)) % len(weight)],
)
neighbouring_class = _wrong(
    "Your classes are counted from 1. They are counted from 0.",
    rows=lambda weight, labels: weight[labels - 1],
)
all_classes = _wrong(
    "You summed over all classes. Take the weights of the label only.",
    rows=lambda weight, labels: weight.sum(dim=0).expand(len(labels), -1),
)
mean_weights = _wrong(
    "You subtracted the mean over classes from the weights.",
    rows=lambda weight, labels: (weight - weight.mean(dim=0))[labels],
)
weights_unused = _wrong(
    "The weights are not used: you added up the maps.",
    rows=lambda weight, labels: torch.ones_like(weight)[labels],
)
absolute_weights = _wrong(
    "You took the weights without their signs: a map may speak against a class.",
    rows=lambda weight, labels: weight[labels].abs(),
)
softmax_weights = _wrong(
    "You put a softmax over the weights. Take them as they are.",
    rows=lambda weight, labels: weight.softmax(dim=1)[labels],
)
positive_weights = _wrong(
    "You dropped the negative weights. They speak against the class, and count.",
    rows=lambda weight, labels: weight[labels].clamp(min=0),
)

# Misconceptions: the sum

averaged = _wrong(
    "You averaged over the maps. Add them up.",
    add=lambda rows, features: _sum(rows, features) / rows.shape[1],
)
best_map_only = _wrong(
    "You took the one map with the largest weight. All are added, each with its weight.",
    add=lambda rows, features: _sum(rows * (rows == rows.amax(1, keepdim=True)), features),
)
pooled_first = _wrong(
    "You took the mean over the pixels first: that gives the logit, the same at each place.",
    add=lambda rows, features: _sum(
        rows, features.mean(dim=(2, 3), keepdim=True).expand_as(features)
    ),
)
divided_by_pixels = _wrong(
    "You divided by HW. The map's mean is the logit; the map itself is not divided.",
    add=lambda rows, features: _sum(rows, features) / features[0, 0].numel(),
)
relu_of_the_features = _wrong(
    "You applied a ReLU to the features. They come as they are.",
    add=lambda rows, features: _sum(rows, features.clamp(min=0)),
)
transposed_maps = _wrong(
    "Your maps are transposed: rows are the first of the two axes.",
    add=lambda rows, features: _sum(rows, features).transpose(1, 2),
)

# Misconceptions: what is done to the map

relu = _wrong(
    "You applied a ReLU to the map, as Grad-CAM does. Here places may speak against a class.",
    change=lambda maps: maps.clamp(min=0),
)


def _scaled(maps):
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    return (maps - low) / (high - low)


scaled = _wrong("You scaled the map to 0 ... 1. Leave its values.", change=_scaled)
divided_by_the_largest = _wrong(
    "You divided the map by its largest value. Leave its values.",
    change=lambda maps: maps / maps.abs().amax(dim=(1, 2), keepdim=True),
)
softmax_over_places = _wrong(
    "You put a softmax over the places.",
    change=lambda maps: maps.flatten(1).softmax(dim=1).reshape(maps.shape),
)
centred = _wrong(
    "You subtracted the map's mean. Leave its values.",
    change=lambda maps: maps - maps.mean(dim=(1, 2), keepdim=True),
)
sigmoid = _wrong("You applied a sigmoid to the map.", change=torch.sigmoid)

# Misconceptions: the size

not_enlarged = _wrong("The maps are not enlarged.", enlarge=lambda maps, size: maps)
nearest = _wrong(
    "You enlarged by repeating pixels (mode 'nearest' is the default). Use mode='bilinear'.",
    enlarge=_zoom(),
)
corners_aligned = _wrong(
    "You enlarged with align_corners=True; it should be False.",
    enlarge=_zoom(mode="bilinear", align_corners=True),
)
bicubic = _wrong(
    "You enlarged with mode='bicubic'; it should be bilinear.", enlarge=_zoom(mode="bicubic")
)
area = _wrong("You enlarged with mode='area'; it should be bilinear.", enlarge=_zoom(mode="area"))
size_turned_round = _wrong(
    "Width and height of size are swapped: it is (height, width).",
    enlarge=lambda maps, size: _large(maps, size[::-1]),
)
square = _wrong(
    "Your maps are enlarged to a square of the first size.",
    enlarge=lambda maps, size: _large(maps, (size[0], size[0])),
)
channel_axis_left = _wrong(
    "Your maps are (N, 1, H', W'); drop the axis that interpolate needed.",
    enlarge=lambda maps, size: _large(maps, size)[:, None],
)


@misconception(NAME, "Only the first image's map came back.")
def first_image_only(features, weight, labels, size):
    return _map()(features[:1], weight, labels[:1], size)[0]


@misconception(NAME, "Your maps are of all classes, (N, K, H', W'): pick that of the label.")
def for_every_class(features, weight, labels, size):
    maps = torch.einsum("kc,nchw->nkhw", weight, features)
    return functional.interpolate(maps, size, mode="bilinear", align_corners=False)


# Alternatives


@alternative(NAME)
def enlarged_first(features, weight, labels, size):
    """Enlarging is linear: it may come first."""
    large = functional.interpolate(features, size=size, mode="bilinear")
    return torch.einsum("nc,nchw->nhw", weight[labels], large)


@alternative(NAME)
def image_by_image(features, weight, labels, size):
    maps = []
    for image, label in zip(features, labels):
        total = torch.zeros_like(image[0])
        for channel, factor in zip(image, weight[int(label)]):
            total = total + factor * channel
        maps.append(total)
    maps = torch.stack(maps).unsqueeze(1)
    return functional.interpolate(maps, size=tuple(size), mode="bilinear").squeeze(1)


@alternative(NAME)
def by_grouped_convolution(features, weight, labels, size):
    n, c, h, w = features.shape
    kernel = weight[labels].reshape(n, c, 1, 1)
    maps = functional.conv2d(features.reshape(1, n * c, h, w), kernel, groups=n)
    return functional.interpolate(maps, size, mode="bilinear", align_corners=False)[0]
