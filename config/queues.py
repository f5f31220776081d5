"""The queues and which task goes to which of them: the only such table."""

# In the order a picture passes through them.
STAGE_QUEUES = ("resize", "resize-large", "compress", "thumbnail", "analyze", "publish")
# Where a stage goes instead if the picture needs more memory than an ordinary worker may take.
LARGE = {"resize": "resize-large"}
# Back-fills go to twins, so that nobody's upload waits behind a regeneration.
BULK_PREFIX = "bulk-"
BULK_QUEUES = tuple(f"{BULK_PREFIX}{name}" for name in STAGE_QUEUES)
# Dispatching, rescuing and auditing: never behind the work of the stages.
MAINTENANCE_QUEUE = "maintenance"

QUEUES = (*STAGE_QUEUES, *BULK_QUEUES, MAINTENANCE_QUEUE)

ROUTES = {
    "processing.tasks.resize": {"queue": "resize"},
    "processing.tasks.compress": {"queue": "compress"},
    "processing.tasks.thumbnail": {"queue": "thumbnail"},
    "processing.tasks.analyze": {"queue": "analyze"},
    "processing.tasks.publish": {"queue": "publish"},
    "processing.tasks.dispatch": {"queue": MAINTENANCE_QUEUE},
    "processing.tasks.audit": {"queue": MAINTENANCE_QUEUE},
    "uploads.tasks.send_digests": {"queue": MAINTENANCE_QUEUE},
}
