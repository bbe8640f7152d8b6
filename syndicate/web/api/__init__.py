"""The API: the dashboard's use cases for programs, as JSON over HTTP."""
