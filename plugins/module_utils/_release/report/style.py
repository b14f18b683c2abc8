# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The look of a report: light and dark, screen, phone and paper. The hues are Okabe and Ito's, which all can tell."""

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1c2126; --quiet: #5b6570; --edge: #d5dae0; --card:
  #f5f7f9; --blue: #0072b2; --green: #007a59; --users: #6b5b95; --good: #006b4e; --warn: #8a5a00; --bad: #b03a00;
  --tint0: #e6ebf0; --tint1: #d6dee6; --grid: #e3e7eb; }
@media screen and (prefers-color-scheme: dark) {
  :root { --page: #14181c; --text: #e4e8ec; --quiet: #9aa5b0; --edge: #333b43; --card: #1c2228; --blue: #56b4e9;
    --green: #35c69a; --users: #b7a6e0; --good: #4fd1a5; --warn: #e8b23a; --bad: #ff9060; --tint0: #252d35;
    --tint1: #303a44; --grid: #262d34; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p { margin: .4rem 0; }
code { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.badge { display: inline-block; padding: .1rem .7rem; border: 2px solid; border-radius: 1rem; font-weight: 600;
  font-size: 1rem; vertical-align: .1em; white-space: nowrap; }
.good { color: var(--good); }
.warn { color: var(--warn); }
.bad { color: var(--bad); }
.quiet { color: var(--quiet); }
.reason { border-left: 4px solid; padding: .4rem .9rem; margin: 1rem 0; background: var(--card); }
.reason span { color: var(--text); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .9rem 1.5rem; margin:
  1.2rem 0; }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { grid-column: 1 / -1; }
.big { font-size: 1.25rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th { text-align: left; color: var(--quiet); font-weight: 500; }
th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; }
td.time, td.fix { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.words { width: 100%; overflow-wrap: anywhere; }
th { white-space: nowrap; }
td.gate { min-width: 6rem; }
.next code, li code { overflow-wrap: anywhere; }
ul { padding: 0; margin: 0; list-style: none; }
li { padding: .15rem 0; }
.next { background: var(--card); border: 1px solid var(--edge); border-radius: .4rem; padding: .6rem .9rem;
  margin: .6rem 0; }
.next code { display: block; user-select: all; }
figure { margin: 0; overflow-x: auto; }
.plot { display: block; min-width: 42rem; width: 100%; height: auto; }
.plot text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--quiet); }
.plot .title { fill: var(--text); font-weight: 600; }
.plot .middle { text-anchor: middle; }
.plot .end { text-anchor: end; }
.plot .alarm { fill: var(--bad); font-weight: 600; }
.grid { stroke: var(--grid); }
.band { stroke: var(--page); }
.tint0 { fill: var(--tint0); }
.tint1 { fill: var(--tint1); }
.band.bad { fill: var(--bad); fill-opacity: .35; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.thin { stroke-width: 1.5; }
.dashed { stroke-dasharray: 6 3; }
.line.blue { stroke: var(--blue); }
.line.green { stroke: var(--green); }
.line.users { stroke: var(--users); }
.area { fill-opacity: .16; }
.area.blue, .mark.blue { fill: var(--blue); }
.area.green, .mark.green { fill: var(--green); }
.verdict { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 2 3; }
.cross { stroke: var(--bad); stroke-width: 2; fill: none; }
@media (max-width: 36rem) {
  dl { grid-template-columns: 1fr 1fr; }
  body { padding: 1rem .8rem 2rem; font-size: 15px; }
  table.log td { display: inline-block; border: 0; padding: .1rem .7rem 0 0; width: auto; }
  table.log td.words { display: block; border-bottom: 1px solid var(--edge); padding-bottom: .4rem; }
  table.log th { display: none; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  .plot { min-width: 0; }
  figure { overflow: visible; }
  tr, figure, .next, dl { break-inside: avoid; }
  h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
