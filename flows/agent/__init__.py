"""The station's agent: what a branch scans goes to headquarters over a line that is thin or often down."""
