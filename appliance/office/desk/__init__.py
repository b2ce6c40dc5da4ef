"""The clerk's desk: pages that work without JavaScript, and live with it."""
