"""Django without a database, for libraries that want its settings. Import before them."""

import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["easy_thumbnails"], USE_TZ=True, MEDIA_ROOT="", DATABASES={})
django.setup()
