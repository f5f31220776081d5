"""Feed an animation to Pillow's encoders one frame at a time."""

from collections.abc import Callable, Iterator

from PIL import Image


class FrameStream(Image.Image):
    """An image that draws its frames from an iterator as an encoder seeks through them.

    Pillow takes an animation as a list of images; its encoders only ever ask for the next frame,
    so that this stand-in keeps a single one in memory. Going back starts the frames anew.
    """

    def __init__(self, open_frames: Callable[[], Iterator[Image.Image]], n_frames: int) -> None:
        super().__init__()
        self._open_frames = open_frames
        self.n_frames = n_frames
        self.is_animated = n_frames > 1
        self._index = -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Make the numbered frame current; raises EOFError after the last."""
        if frame == self._index:
            return
        if not 0 <= frame < self.n_frames:
            raise EOFError("no more frames")
        if frame < self._index or self._index < 0:
            self._frames = self._open_frames()
            self._index = -1
        while self._index < frame:
            self._show(next(self._frames))

    def _show(self, image: Image.Image) -> None:
        self.im = image.im
        self._mode = image.mode
        self._size = image.size
        self._index += 1

    def tell(self) -> int:
        return max(0, self._index)
