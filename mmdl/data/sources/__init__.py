"""The data sets that come with mmdl, one in each file: adding one is adding a file that has a `SOURCE`."""
