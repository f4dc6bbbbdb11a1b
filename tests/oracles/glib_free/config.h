/* What spice-common's codecs need of glib and its own configuration, so that they build without both. */
