"""Static files under names that carry their hash, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


# WhiteNoise has no annotations.
class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also rewrites the imports between JavaScript modules to the hashed names."""

    support_js_module_import_aggregation = True
