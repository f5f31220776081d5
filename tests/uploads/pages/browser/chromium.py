"""How Chromium is started."""

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera that shows a test picture, to whoever asks.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
