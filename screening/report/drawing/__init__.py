"""Charts and structures as SVG."""
