#!/usr/bin/env python3
"""Draws architecture.svg from the lists below.

    python3 docs/diagrams/architecture.py           writes architecture.svg next to this file
    python3 docs/diagrams/architecture.py --check   fails when the file is not what would be written

Needs the standard library alone. The same lists give the same bytes. Boxes that overlap, boxes that leave their frame
and texts that do not fit are errors, so a change that spoils the picture is noticed here.
"""

import sys
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 1300, 860
TITLE = "KiviCare Telemed: components, data flow and storage"

# id, title, x, y, width, height
FRAMES = [
    ("server", "Clinic's web server (PHP-FPM or mod_php)", 220, 70, 760, 540),
    ("core", "Rust core (kivicare_telemed.so)", 620, 110, 340, 430),
    ("providers", "Providers", 1040, 110, 240, 430),
    ("mysql", "MySQL or MariaDB of the site", 220, 670, 760, 150),
]

# id, frame or None, kind, title, lines, x, y, width, height
BOXES = [
    ("people", None, "person", "Browsers", ["patient, doctor,", "administrator"], 20, 130, 180, 80),
    ("cron", None, "trigger", "Cron", ["WordPress cron or", "wp kivicare-telemed work"], 20, 310, 180, 80),
    ("kivicare", "server", "other", "KiviCare 4.x", ["bookings, dashboard,", "mails"], 240, 125, 190, 80),
    ("plugin", "server", "ours", "Plugin (php/)", ["hooks, REST routes, roles,", "options, Site Health, CLI"], 240, 300, 190, 100),
    ("bridge", "server", "ours", "Bridge", ["plain values;", "no secret out"], 480, 300, 110, 100),
    ("vault", "core", "secret", "Vault", ["AES-256-GCM, bound to site, owner, use;", "the only place that opens a secret"], 640, 155, 300, 80),
    ("service", "core", "ours", "Service", ["create, reconcile,", "follow, connect"], 640, 310, 130, 80),
    ("clients", "core", "ours", "HTTP client", ["TLS 1.2 and 1.3,", "no redirects"], 810, 310, 130, 80),
    ("journal", "core", "ours", "Store and journal", ["intent first, locks across processes,", "commits apart from KiviCare's"], 640, 440, 300, 80),
    ("zoom", "providers", "other", "Zoom", ["OAuth, meetings,", "users"], 1060, 155, 200, 80),
    ("google", "providers", "other", "Google", ["OAuth, Calendar API,", "Meet links"], 1060, 400, 200, 80),
    ("rows", "mysql", "data", "KiviCare's rows", ["appointments, services,", "clinics"], 240, 715, 170, 85),
    ("secrets", "mysql", "secret", "Sealed secrets", ["tokens in usermeta,", "client secrets in options"], 424, 715, 170, 85),
    ("mappings", "mysql", "data", "Mappings", ["appointment to meeting,", "one table a provider"], 608, 715, 170, 85),
    ("own", "mysql", "data", "kc_telemed_*", ["operations, noted, audit,", "events, calendars,", "connections, zoom_users"], 792, 715, 170, 85),
]

# points, label lines, label x, label y, anchor, dashed
ARROWS = [
    ([(200, 165), (240, 165)], ["HTTPS"], 172, 122, "start", False),
    ([(200, 350), (240, 350)], [], 0, 0, "start", False),
    ([(335, 205), (335, 300)], ["hooks, provider class,", "REST"], 345, 245, "start", False),
    ([(430, 350), (480, 350)], [], 0, 0, "start", False),
    ([(590, 350), (640, 350)], [], 0, 0, "start", False),
    ([(770, 350), (810, 350)], [], 0, 0, "start", False),
    ([(705, 310), (705, 235)], ["seal, open"], 715, 278, "start", False),
    ([(705, 390), (705, 440)], ["read, commit"], 715, 419, "start", False),
    ([(940, 330), (1000, 330), (1000, 195), (1060, 195)], ["TLS"], 1007, 188, "start", False),
    ([(940, 370), (1000, 370), (1000, 440), (1060, 440)], ["TLS"], 1007, 433, "start", False),
    ([(1160, 540), (1160, 580), (380, 580), (380, 400)], ["signed webhooks (Zoom), push messages (Google)"], 400, 573, "start", True),
    ([(290, 400), (290, 670)], ["wpdb"], 300, 640, "start", False),
    ([(870, 520), (870, 670)], ["native connection"], 860, 640, "end", False),
]

COLOURS = {  # fill, stroke
    "person": ("#f3f4f6", "#4b5563"),
    "trigger": ("#f3f4f6", "#4b5563"),
    "other": ("#eef2ff", "#4338ca"),
    "ours": ("#ecfdf5", "#047857"),
    "secret": ("#fef2f2", "#b91c1c"),
    "data": ("#fffbeb", "#b45309"),
}
LEGEND = [("other", "not ours"), ("ours", "ours"), ("secret", "secrets"), ("data", "data")]
FONT = 12
TITLE_FONT = 14
LINE = 16


def text_width(text, size):
    """A generous estimate for a sans-serif face."""
    return sum(size * (0.32 if c in "ijl.,:;'|()" else 0.86 if c in "mwMW" else 0.56) for c in text)


def check():
    frames = {f[0]: f for f in FRAMES}
    for name, frame, kind, title, lines, x, y, w, h in BOXES:
        for text, size in [(title, TITLE_FONT)] + [(line, FONT) for line in lines]:
            assert text_width(text, size) <= w - 8, f"{name}: {text!r} does not fit into {w}"
        assert 26 + LINE * len(lines) <= h, f"{name}: too many lines for {h}"
        assert 0 <= x and x + w <= WIDTH and 0 <= y and y + h <= HEIGHT, f"{name} leaves the picture"
        if frame:
            _, _, fx, fy, fw, fh = frames[frame]
            assert fx + 8 <= x and x + w <= fx + fw - 8 and fy + 30 <= y and y + h <= fy + fh - 8, f"{name} leaves {frame}"
    for i, a in enumerate(BOXES):
        for b in BOXES[i + 1:]:
            ax, ay, aw, ah = a[5:]
            bx, by, bw, bh = b[5:]
            apart = ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
            assert apart, f"{a[0]} and {b[0]} overlap"
    for points, label, lx, ly, anchor, _ in ARROWS:
        for (x1, y1), (x2, y2) in zip(points, points[1:]):
            assert x1 == x2 or y1 == y2, f"arrow {points} is not straight"
            for name, *_, x, y, w, h in BOXES:
                inside = min(x1, x2) < x + w and max(x1, x2) > x and min(y1, y2) < y + h and max(y1, y2) > y
                assert not inside, f"arrow {points} runs through {name}"
        for n, line in enumerate(label):
            width = text_width(line, FONT)
            left = lx - width if anchor == "end" else lx
            top = ly + n * LINE - FONT
            for name, *_, x, y, w, h in BOXES:
                apart = left + width <= x or x + w <= left or top + FONT <= y or y + h <= top
                assert apart, f"label {line!r} lies on {name}"


def text(x, y, words, size=FONT, weight="normal", anchor="middle", fill="#111827"):
    return (f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
            f'fill="{fill}">{escape(words)}</text>')


def draw():
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="Helvetica, Arial, sans-serif" role="img" aria-label="{escape(TITLE)}">',
        f"<title>{escape(TITLE)}</title>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#374151"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        text(20, 36, TITLE, 20, "bold", "start"),
    ]
    for _, title, x, y, w, h in FRAMES:
        out.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="10" fill="none" stroke="#9ca3af" '
                   'stroke-dasharray="6 4"/>')
        out.append(text(x + 12, y + 22, title, 13, "bold", "start", "#4b5563"))
    for points, label, x, y, anchor, dashed in ARROWS:
        path = " ".join(f"{px},{py}" for px, py in points)
        dash = ' stroke-dasharray="7 4"' if dashed else ""
        out.append(f'<polyline points="{path}" fill="none" stroke="#374151" stroke-width="1.6"{dash} '
                   'marker-end="url(#tip)"/>')
        for n, line in enumerate(label):
            out.append(text(x, y + n * LINE, line, FONT, "normal", anchor, "#374151"))
    for _, _, kind, title, lines, x, y, w, h in BOXES:
        fill, stroke = COLOURS[kind]
        out.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6" fill="{fill}" stroke="{stroke}" '
                   'stroke-width="1.5"/>')
        top = y + (h - LINE * len(lines) - TITLE_FONT) // 2 + TITLE_FONT
        out.append(text(x + w // 2, top, title, TITLE_FONT, "bold"))
        for n, line in enumerate(lines):
            out.append(text(x + w // 2, top + LINE * (n + 1) + 1, line))
    x = 20
    for kind, words in LEGEND:
        fill, stroke = COLOURS[kind]
        out.append(f'<rect x="{x}" y="836" width="14" height="14" rx="3" fill="{fill}" stroke="{stroke}"/>')
        out.append(text(x + 20, 848, words, FONT, "normal", "start"))
        x += 100
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    check()
    target = Path(__file__).with_suffix(".svg")
    picture = draw()
    if "--check" in sys.argv[1:]:
        if not target.exists() or target.read_text(encoding="utf-8") != picture:
            sys.exit("architecture.svg is not up to date: run python3 docs/diagrams/architecture.py")
        return
    target.write_text(picture, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
