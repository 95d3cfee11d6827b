// Starts ReDoc on this server's own document; fonts are the visitor's.
Redoc.init("/openapi.json", { hideDownloadButton: false, disableSearch: false }, document.getElementById("redoc"));
