"""How the servers stand: one value for each round, server and row; medians, ratios, and the targets that we set ourselves."""

import statistics

from abilities import ABILITIES

SELF = "postern"

# (key, what a reader sees, unit, True if more is better)
ROWS = [
    ("full_seen", "full handshakes + GET, clients seen before", "/CPU s", True),
    ("full_seen_1t", "  with one ticket, as Postern", "/CPU s", True),
    ("full_new", "full handshakes + GET, never seen before", "/CPU s", True),
    ("full_new_1t", "  with one ticket", "/CPU s", True),
    ("full_rsa", "full handshakes + GET, RSA-2048 server key", "/CPU s", True),
    ("full_rsa_1t", "  with one ticket", "/CPU s", True),
    ("resumed", "resumed handshakes + GET", "/CPU s", True),
    ("resumed_share", "  of them really resumed", "%", True),
    ("resumed_1t", "  with one ticket", "/CPU s", True),
    ("requests", "keep-alive requests, 1 KiB", "/CPU s", True),
    ("requests_p99", "  99th percentile of latency", "us", False),
    ("download", "download of 100 MiB", "MB/CPU s", True),
    ("idle", "memory of an idle connection", "KiB", False),
    ("start", "memory at start", "MiB", False),
]

# (row, times as good as, all of these). None of them: the value itself, at most.
TARGETS = [
    ("full_seen", 2.5, ("nginx",)),
    ("full_seen_1t", 2.5, ("nginx",)),
    ("full_seen", 1, ("caddy",)),
    ("full_new", 1.8, ("nginx",)),
    ("full_new_1t", 1.8, ("nginx",)),
    ("full_rsa", 1.6, ("nginx",)),
    ("full_rsa_1t", 1.6, ("nginx",)),
    ("resumed", 1.8, ("nginx",)),
    ("resumed_1t", 1.8, ("nginx",)),
    ("resumed", 1, ("caddy",)),
    ("requests", 1.25, ("nginx", "haproxy")),
    ("requests_p99", 1, ("nginx", "haproxy")),
    ("download", 1, ("nginx", "haproxy", "hitch", "stunnel", "apache", "caddy")),
    ("idle", 1, ("nginx",)),
    ("start", 8, ()),
]
IDLE_MARGIN_KIB = 2  # above a bare connection


class Standing:
    def __init__(self):
        self.values = {}

    def note(self, row, server, value):
        # "nginx 1t" is the NGINX of a row that says so itself.
        self.values.setdefault((row, server.split()[0]), []).append(value)

    def of(self, row, server):
        """The values; what has no variant with one ticket has one, or as many as it likes, in any case."""
        return self.values.get((row, server)) or (self.values.get((row[:-3], server)) if row.endswith("_1t") else None)

    def median(self, row, server):
        values = self.of(row, server)
        return statistics.median(values) if values else None

    def ratio(self, row, server):
        """The median of the rounds' ratios, turned so that above 1 Postern is better; None if one was not measured."""
        mine, other = self.of(row, SELF), self.of(row, server)
        if not mine or not other:
            return None
        more_is_better = next(more for key, _, _, more in ROWS if key == row)
        return statistics.median(a / b if more_is_better else b / a for a, b in zip(mine, other))

    def targets(self):
        """[{text, figure, target, met}] of what was measured."""
        found = []
        for row, least, servers in TARGETS:
            text = next(text for key, text, _, _ in ROWS if key == row).strip()
            if row.endswith("_1t"):
                text = next(t for key, t, _, _ in ROWS if key == row[:-3]) + ", one ticket"
            ratios = {server: ratio for server in servers if (ratio := self.ratio(row, server)) is not None}
            if ratios:
                server = min(ratios, key=ratios.get)
                found.append({"text": text, "figure": f"{ratios[server]:.2f} x {server}", "target": f">= {least}",
                              "met": ratios[server] >= least})
            elif not servers and self.of(row, SELF):
                value = self.median(row, SELF)
                found.append({"text": text, "figure": f"{value:.1f} MiB", "target": f"<= {least}", "met": value <= least})
        bare, mine = self.median("idle", "bare"), self.median("idle", SELF)
        if bare and mine:
            found.append({"text": "idle connection above a bare one", "figure": f"{mine - bare:.1f} KiB",
                          "target": f"<= {IDLE_MARGIN_KIB}", "met": mine - bare <= IDLE_MARGIN_KIB})
        return found

    def rows(self):
        """[{key, text, unit, more_is_better, values: {server: [...]}}] of what was measured."""
        found = []
        for key, text, unit, more in ROWS:
            values = {server: each for (row, server), each in self.values.items() if row == key}
            if values:
                found.append({"key": key, "text": text.strip(), "unit": unit, "more_is_better": more, "values": values})
        return found

    # On a terminal

    def print_rows(self, names):
        print(f"{'':44}{'':10}" + "".join(f"{name:>10}" for name in names))
        for key, text, unit, _ in ROWS:
            medians = [self.median(key, name) if (key, name) in self.values else None for name in names]
            if any(value is not None for value in medians):
                print(f"{text:44}{unit:10}" + "".join(f"{'-' if value is None else format_value(value):>10}" for value in medians))

    @staticmethod
    def print_abilities(names, abilities):
        print()
        for key, text in ABILITIES:
            words = ["-" if name not in abilities else "yes" if abilities[name][key] else "NO" for name in names]
            print(f"{text:54}" + "".join(f"{word:>10}" for word in words))

    def print_targets(self):
        """Returns how many are missed."""
        print("\nPostern beside them (the median of the rounds' ratios; above 1 it is better)")
        targets = self.targets()
        for target in targets:
            print(f"  {target['text']:56}{target['figure']:>18}   {target['target']:8} {'met' if target['met'] else 'MISSED'}")
        return sum(not target["met"] for target in targets)


def format_value(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"
