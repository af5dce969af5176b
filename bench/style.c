#include "style.h"

/* Colours after Okabe and Ito, told apart by colour-blind readers too; a little darker on white, a little
 * lighter on black, so that lines and names keep their contrast. */
const char style_picture[] =
    ":root{color-scheme:light dark;--ink:#1d2129;--soft:#5b6472;--rule:#e3e6eb;--base:#9aa3b0;--ground:#fff;"
    "--card:#f7f8fa;--c0:#c2410c;--c1:#1d6fb8;--c2:#0b7a5b;--c3:#a8326e;--c4:#8a6500;--c5:#3d8fb5;--c6:#"
    "5b4bb5;"
    "--c7:#5f6670}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a2abb8;--rule:#2e343d;--base:#66707e;"
    "--ground:#14171b;--card:#1b1f25;--c0:#ff8f5a;--c1:#63b0f0;--c2:#3ecb9f;--c3:#f08cbc;--c4:#e3b341;"
    "--c5:#8fd3f0;--c6:#a99bff;--c7:#aeb6c2}}\n"
    "svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "svg text{fill:var(--ink);font-size:13px}\n"
    "svg .tick{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}\n"
    "svg .axis{fill:var(--soft);font-size:12.5px}\n"
    "svg .value{font-variant-numeric:tabular-nums}\n"
    "svg .grid{stroke:var(--rule);fill:none}\n"
    "svg .base{stroke:var(--base);fill:none}\n"
    "svg .line{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}\n"
    "svg .mark{fill:var(--ink);opacity:.55}\n"
    "svg .doubtful{fill-opacity:.18;stroke-dasharray:5 4;stroke-width:1.5}\n"
    "svg text.name{font-weight:600}\n"
#define COLOR(n)                                                                                             \
    "svg .line.c" n ",svg .bar.c" n "{stroke:var(--c" n ")}svg .bar.c" n ",svg .dot.c" n ",svg .swatch.c" n  \
    ",svg text.c" n "{fill:var(--c" n ")}\n"
    COLOR("0") COLOR("1") COLOR("2") COLOR("3") COLOR("4") COLOR("5") COLOR("6") COLOR("7");
#undef COLOR

const char style_page[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe "
    "UI',"
    "Roboto,'DejaVu Sans',sans-serif}\n"
    "main{max-width:68rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}\n"
    "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}\n"
    "h2{font-size:1.4rem;line-height:1.25;margin:3.2rem 0 .3rem;padding-top:1.4rem;"
    "border-top:1px solid var(--rule)}\n"
    "h3{font-size:1.05rem;margin:0 0 .1rem}\n"
    "p{margin:.2rem 0 .8rem;color:var(--soft);max-width:54rem}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;list-style:none;margin:1rem 0 0;padding:0;"
    "font-size:.95rem}\n"
    ".legend svg{width:.8rem;height:.8rem;margin-right:.45rem;vertical-align:-.05rem}\n"
    "figure{margin:1.6rem 0 0;padding:1.1rem 1.2rem .8rem;background:var(--card);border:1px solid "
    "var(--rule);"
    "border-radius:10px}\n"
    "figure p{font-size:.95rem}\n"
    "figure svg{display:block;width:100%;height:auto}\n"
    ".table{overflow-x:auto;margin-top:1.6rem}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.4rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid "
    "var(--rule)}\n"
    "th{font-weight:600;color:var(--soft)}\n"
    "tbody th,thead th:first-child{text-align:left;color:var(--ink)}\n"
    "td.text,th.text{text-align:left;white-space:normal;min-width:11rem;color:var(--soft)}\n"
    "footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--rule);font-size:.9rem;"
    "color:var(--soft)}\n"
    "@media(max-width:40rem){main{padding:1.5rem .75rem 3rem}figure{padding:.8rem .5rem .4rem}}\n"
    "@media print{figure{break-inside:avoid}}\n";
