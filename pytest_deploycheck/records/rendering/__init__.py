"""Reports as text, Markdown, HTML and JSON: one pure renderer a format over one model."""
