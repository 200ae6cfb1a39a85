"""How `make docs` builds the site: Markdown as it stands, links and anchors checked, and nothing loaded from elsewhere."""

project = "奖补资金申报核定 · Incentive claims"
author = ""
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
language = "zh_CN"
myst_heading_anchors = 3
nitpicky = True
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure"]  # examples hold parts of files, and CSV has no lexer

html_theme = "alabaster"
html_theme_options = {"show_powered_by": False, "font_family": "Noto Serif SC, SimSun, serif"}
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
