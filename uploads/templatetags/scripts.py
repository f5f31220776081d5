"""The scripts of the pages, where `build_scripts.sh` has bundled them."""

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def script(name: str) -> SafeString:
    """Return the script element of a bundle, or nothing where it was not built."""
    address = _address(name)
    return format_html('<script type="module" src="{}"></script>' if address else "", address)


@register.simple_tag
def scripts_built() -> bool:
    """Return whether pages have scripts at all."""
    return bool(_address("main"))


def _address(name: str) -> str:
    path = f"bundles/{name}.js"
    try:
        return static(path) if finders.find(path) else ""
    except ValueError:
        # It was built after the static files were collected.
        return ""
