"""The site's notebooks that run in the reader's browser: JupyterLite, with Python compiled to WebAssembly (Pyodide)."""
