"""Sphinx's settings for the site."""

import mmdl

project = "mmdl"
author = "The authors of mmdl"
copyright = author
release = version = mmdl.__version__

extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinx_copybutton", "sphinx_design"]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header", "misc.highlighting_failure"]
exclude_patterns = ["static"]

html_theme = "furo"
html_title = f"mmdl {version}"
html_static_path = ["static"]
html_favicon = "static/icon.svg"
html_css_files = ["style.css"]
html_copy_source = False
html_show_sphinx = False
templates_path = []
mathjax_path = "mathjax.js"
mathjax3_config = {"svg": {"fontCache": "local"}, "options": {"enableMenu": False}}
pygments_style = "tango"
pygments_dark_style = "monokai"
python_use_unqualified_type_names = True
toc_object_entries = False
copybutton_selector = "div:not(.output):not(.formula):not(.docstring):not(.shapes) > div.highlight > pre"
