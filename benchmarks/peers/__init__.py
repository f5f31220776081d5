"""What is compared. Each module is one subject: `make(job)` returns the files it made.

They run in processes of their own, and a module that needs a library imports it at its top: a
library that is not there is then one subject that could not be measured.
"""
