"""Every loss of a batch as a loop over plain floats, and the parameters that are tried beside the defaults."""

from math import exp, fsum, inf, log

from batches import others


def loop_info_nce(scores, partners, temperature=0.05):
    items = []
    for row, p in zip(scores, partners, strict=True):
        items.append(-log(exp(row[p] / temperature) / fsum(exp(s / temperature) for s in row)))
    return items


def loop_n_pairs(scores, partners):
    return [
        log(1 + fsum(exp(s - row[p]) for j, s in enumerate(row) if j != p))
        for row, p in zip(scores, partners, strict=True)
    ]


def loop_siglip(scores, partners, scale=10.0, bias=-10.0):
    items = []
    for row, p in zip(scores, partners, strict=True):
        signs = [1 if j == p else -1 for j in range(len(row))]
        items.append(-fsum(log(1 / (1 + exp(-z * (scale * s + bias)))) for z, s in zip(signs, row, strict=True)))
    return items


def loop_nt_xent(scores, codes, temperature=0.5):
    items = []
    for i, row in enumerate(scores):
        positives, negatives = others(codes, i)
        against = fsum(exp(row[n] / temperature) for n in negatives)
        for p in positives:
            own = exp(row[p] / temperature)
            items.append(-log(own / (own + against)))
    return items


def loop_sup_con(scores, codes, temperature=0.1):
    items = []
    for i, row in enumerate(scores):
        positives, _ = others(codes, i)
        total = fsum(exp(row[j] / temperature) for j in range(len(codes)) if j != i)
        logs = [log(exp(row[p] / temperature) / total) for p in positives]
        items.append(-fsum(logs) / len(logs) if logs else 0.0)
    return items


def loop_multi_similarity(scores, codes, alpha=2.0, beta=50.0, base=0.5):
    items = []
    for i, row in enumerate(scores):
        positives, negatives = others(codes, i)
        pull = log(1 + fsum(exp(-alpha * (row[p] - base)) for p in positives)) / alpha
        items.append(pull + log(1 + fsum(exp(beta * (row[n] - base)) for n in negatives)) / beta)
    return items


def loop_circle(scores, codes, margin=0.4, gamma=80.0):
    items = []
    for i, row in enumerate(scores):
        positives, negatives = others(codes, i)
        # equation 6 with O_p = 1 + m, O_n = -m, Delta_p = 1 - m, Delta_n = m
        pushed = [exp(gamma * max(0.0, row[n] + margin) * (row[n] - margin)) for n in negatives]
        pulled = [exp(-gamma * max(0.0, 1 + margin - row[p]) * (row[p] - (1 - margin))) for p in positives]
        items.append(log(1 + fsum(x * y for x in pushed for y in pulled)))
    return items


def loop_lifted_structure(distances, codes, margin=1.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        for p in positives:
            ends = [exp(margin - row[n]) for n in negatives] + [exp(margin - distances[p][n]) for n in negatives]
            items.append(max(0.0, log(fsum(ends)) + row[p]) ** 2 / 2 if ends else 0.0)
    return items


def loop_nca(distances, codes, temperature=1.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        near, far = (fsum(exp(-row[j] / temperature) for j in rows) for rows in (positives, negatives))
        items.append(-log(near / (near + far)) if positives else 0.0)
    return items


def beyond(*addends):
    """What is left of a sum above 0, where rounding is nothing: the rule of the hinge, in plain floats."""
    value = fsum(addends)
    return value if value > 8 * 2.0**-52 * fsum(map(abs, addends)) else 0.0


def loop_batch_hard(distances, codes, margin=1.0, soft=0.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        if not positives or not negatives:
            items.append(0.0)
            continue
        far, near = max(row[p] for p in positives), min(row[n] for n in negatives)
        items.append(log(1 + exp(far - near)) if soft else beyond(far, -near, margin))
    return items


def loop_semi_hard(distances, codes, margin=1.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        for p in positives:
            farther = [row[n] for n in negatives if beyond(row[n], -row[p])]
            if negatives:
                chosen = min(farther) if farther else max(row[n] for n in negatives)
                items.append(beyond(row[p], -chosen, margin))
            else:
                items.append(0.0)
    return items


def loop_batch_all(distances, codes, margin=1.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        triplets = [beyond(row[p], -row[n], margin) for p in positives for n in negatives]
        items.append((fsum(triplets), sum(item > 0 for item in triplets)))
    return items


def loop_margin(distances, codes, alpha=0.2, beta=1.2):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        terms = []
        for p in positives:
            for n in negatives:
                terms += [beyond(alpha, row[p], -beta), beyond(alpha, beta, -row[n])]
        items.append((fsum(terms), sum(term > 0 for term in terms)))
    return items


def loop_batch_all_contrastive(distances, codes, margin=1.0, positive_margin=0.0):
    items = []
    for i, row in enumerate(distances):
        positives, negatives = others(codes, i)
        pairs = [beyond(row[p], -positive_margin) for p in positives] + [beyond(margin, -row[n]) for n in negatives]
        items.append((fsum(pairs), sum(pair > 0 for pair in pairs)))
    return items


# the loop of the items or of their sums and counts, and the parameters that are tried beside the defaults
LOOPS = {
    "info-nce": (loop_info_nce, [{"temperature": 0.5}]),
    "n-pairs": (loop_n_pairs, []),
    "nca": (loop_nca, [{"temperature": 0.5}]),
    "siglip": (loop_siglip, [{"scale": 3.0, "bias": 0.5}]),
    "nt-xent": (loop_nt_xent, [{"temperature": 0.07}]),
    "sup-con": (loop_sup_con, [{"temperature": 0.5}]),
    "multi-similarity": (loop_multi_similarity, [{"alpha": 1.0, "beta": 10.0, "base": -0.2}]),
    "circle": (loop_circle, [{"margin": 0.25, "gamma": 32.0}]),
    "lifted-structure": (loop_lifted_structure, [{"margin": 0.3}]),
    "batch-hard-triplet": (loop_batch_hard, [{"margin": 0.0}, {"margin": 5.0}, {"soft": 1.0}]),
    "semi-hard-triplet": (loop_semi_hard, [{"margin": 0.0}, {"margin": 5.0}]),
    "batch-all-triplet": (loop_batch_all, [{"margin": 0.0}, {"margin": 5.0}]),
    "batch-all-contrastive": (
        loop_batch_all_contrastive,
        [{"positive_margin": 0.25}, {"margin": 5.0}, {"margin": 0.0}, {"positive_margin": inf}],
    ),
    "margin": (loop_margin, [{"alpha": 0.0, "beta": 1.0}, {"alpha": 0.5, "beta": 0.0}]),
}
