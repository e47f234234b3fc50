"""What other libraries return for these rows, in float64: benchmarks/peer_batch_losses.py computes them again."""

VERSIONS = {"pytorch-metric-learning": "2.9.0", "sentence-transformers": "6.2.0", "info-nce-pytorch": "0.1.4"}

VECTORS = [
    [-0.65, -0.17, 1.66],
    [0.66, -1.64, -0.01],
    [-0.62, 0.15, -1.61],
    [0.24, 0.24, 1.58],
    [0.32, 0.51, -1.49],
    [2.25, -1.92, 1.1],
    [-0.33, -0.88, -0.66],
    [-0.67, 0.38, -0.11],
    [1.48, -1.83, -0.0],
]
VIEWS_A = [
    [-0.89, 0.78, -2.12],
    [-0.34, 0.21, -1.48],
    [0.99, 0.18, 1.01],
    [0.96, -0.98, -0.8],
    [-0.2, 0.75, 0.85],
]
VIEWS_B = [
    [-0.71, -0.61, -0.8],
    [-0.58, -0.24, -0.13],
    [2.06, -0.51, -0.29],
    [0.46, -0.95, -0.37],
    [0.01, 0.77, -1.32],
]
CLASSES = [0, 1, 0, 2, 1, 0, 3, 2, 0]
FULL_CLASSES = [0, 1, 0, 2, 1, 0, 1, 2, 0]  # no class of one row

# loss, and the variant of the catalogue or a case in which the peer differs -> number
PEERS = {
    ("nt-xent", "pml"): 14.239508540961763,
    ("sup-con", "pml"): 10.119204086867159,
    ("nca", "pml"): 2.1118935468084135,
    ("n-pairs", "pml"): 1.0249336750554092,
    ("multi-similarity", "pml"): 1.2764952817578983,
    ("circle", "pml"): 191.21825511602003,
    ("lifted-structure", "pml"): 6.714959638847958,
    ("margin", "pml"): 0.5637855568419498,
    ("batch-all-contrastive", "pml"): 1.808612938386055,
    ("batch-all-triplet", "pml"): 0.5582690302605562,
    ("batch-hard-triplet", "pml"): 1.1516754535439393,
    ("circle", "pml gradient"): [21.238271077730502, 2.7631704869027938, 8.599165773071276],
    ("nt-xent", "pml capped"): 354.544782856412,
    ("sup-con", "pml at 0.07"): 14.33318624948118,
    ("info-nce", "sbert"): 3.757842369090317,
    ("info-nce", "sbert-symmetric"): 5.175568896363558,
    ("info-nce", "info-nce-pytorch"): 2.0266454161103615,
    ("batch-hard-triplet", "sbert"): 6.782364837007808,
    ("batch-hard-triplet", "sbert singletons"): 6.5895280155955085,
    ("batch-hard-triplet", "sbert one class"): 5.0,
    ("batch-hard-triplet", "sbert-soft"): 1.9993531307260533,
    ("semi-hard-triplet", "sbert"): 4.888757027497952,
    ("semi-hard-triplet", "sbert one class"): 7.493663292436706,
    ("batch-all-triplet", "sbert"): 5.443420376909193,
}
