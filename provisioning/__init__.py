"""Sets machines up: installation, seed, the certificates of a site. Images and enrolment come later."""
