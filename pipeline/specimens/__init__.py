"""Invented voucher pages with known truth, for the demo and the tests; deterministic by seed.

``day.make_branch_day`` writes a whole branch day; ``drawing.draw_voucher`` and ``scanner.scan`` make
one page. Every name, number and firm is invented.
"""
