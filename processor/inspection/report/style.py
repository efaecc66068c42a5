"""The report's style sheet. The page has no other look than this: no fonts, no pictures from elsewhere."""

STYLE = """
:root { color-scheme: light dark;
  --ground: #f4f5f7; --card: #fff; --ink: #1b1f27; --soft: #5d6674; --line: #e2e5ea; --wash: #f7f8fa;
  --accent: #3757c9; --accent-wash: #e6ebfb; --warn: #8a4b00; --warn-wash: #fff3df; --warn-line: #f0c98a;
  --c0: #4263d6; --c1: #0c8599; --c2: #2f9e44; --c3: #d9730d; --c4: #c2255c; --c5: #7048e8; --c6: #946c00;
  --c7: #5c677d;
  --red: #d6336c; --green: #2f9e44; --blue: #3b6fe0; }
@media screen and (prefers-color-scheme: dark) { :root {
  --ground: #101317; --card: #191d23; --ink: #e7eaee; --soft: #98a2b0; --line: #2b313a; --wash: #1f242b;
  --accent: #8ca4ff; --accent-wash: #232c4a; --warn: #ffc46b; --warn-wash: #2f2413; --warn-line: #6a4d1c;
  --c0: #5b79e6; --c1: #1c9cb0; --c2: #42a957; --c3: #d9822b; --c4: #d1477a; --c5: #8a6bf0; --c6: #a98a1c;
  --c7: #748094;
  --red: #ff6b9d; --green: #5fd27a; --blue: #7da2ff; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.page { max-width: 1080px; margin: 0 auto; padding: 40px 24px 32px; }
header { margin-bottom: 24px; }
.eyebrow { margin: 0 0 6px; color: var(--accent); font-size: 12px; font-weight: 650; letter-spacing: .09em;
  text-transform: uppercase; }
h1 { margin: 0; font-size: clamp(24px, 4.4vw, 36px); line-height: 1.18; letter-spacing: -.02em; font-weight: 700;
  overflow-wrap: anywhere; }
.lead { margin: 10px 0 0; color: var(--soft); font-size: 17px; overflow-wrap: anywhere; }
h2 { margin: 0 0 14px; font-size: 18px; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 15px; overflow-wrap: anywhere; min-width: 0; }
h2 + .note { margin-top: -10px; }
.note { color: var(--soft); margin: 0 0 14px; font-size: 14px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 22px 24px;
  margin: 0 0 18px; }
section > :last-child, article > :last-child { margin-bottom: 0; }
.notice { margin: 0 0 18px; padding: 12px 16px; border-radius: 12px; overflow-wrap: anywhere;
  background: var(--warn-wash); border: 1px solid var(--warn-line); color: var(--warn); }
.notice.plain { background: var(--accent-wash); border-color: transparent; color: var(--ink); }
dl, dd { margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 1px; margin: 0 0 18px;
  background: var(--line); border: 1px solid var(--line); border-radius: 14px; overflow: hidden; }
.figures > div { background: var(--card); padding: 16px 18px; flex: 1; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { font-size: 21px; font-weight: 640; letter-spacing: -.015em; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; line-height: 1.25; margin-top: 2px; }
.properties > div { display: grid; grid-template-columns: minmax(110px, 190px) 1fr; gap: 16px; padding: 8px 0;
  border-top: 1px solid var(--line); }
.properties > div:first-child { border-top: 0; padding-top: 0; }
.properties dt { color: var(--soft); overflow-wrap: anywhere; }
.properties dd { overflow-wrap: anywhere; }
code, pre { font-size: 13px;
  font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 0; padding: 14px 16px; background: var(--wash); border: 1px solid var(--line); border-radius: 10px;
  overflow: auto; max-height: 440px; line-height: 1.45; tab-size: 4; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
td, th { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
td:last-child, th:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.scroll td:first-child { min-width: 0; } .scroll td { max-width: 320px; min-width: 56px; overflow-wrap: break-word; }
.scroll th { white-space: nowrap; max-width: 320px; overflow: hidden; text-overflow: ellipsis; }
.rows { table-layout: fixed; }
.rows th[scope=row] { color: var(--ink); font-weight: 450; width: 42%; }
.rows th, .rows td { border: 0; padding: 3px 12px 3px 0; vertical-align: middle; }
.rows th:first-child { width: 42%; }
.rows th:last-child, .rows td:last-child { width: 104px; padding-right: 0; }
.rows thead th { color: var(--soft); font-weight: 500; font-size: 12px; }
.rows svg { display: block; }
.missing { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 14px; }
article { border: 1px solid var(--line); border-radius: 12px; padding: 16px; break-inside: avoid; min-width: 0;
  display: flex; flex-direction: column; gap: 10px; }
article .top { display: flex; justify-content: space-between; gap: 10px; align-items: baseline; }
article .rows th, article .rows td { font-size: 13px; padding-top: 2px; padding-bottom: 2px; }
article .rows th:last-child, article .rows td:last-child { width: 72px; }
article .facts { color: var(--soft); font-size: 13px; margin: 0; overflow-wrap: anywhere; }
.badge { font-size: 12px; font-weight: 600; padding: 1px 9px; border-radius: 99px; background: var(--accent-wash);
  color: var(--accent); white-space: nowrap; }
figure { margin: 0; }
.columns, .curves, .treemap, .grid, .strip { display: block; }
.columns { border-bottom: 1px solid var(--line); }
article .columns { height: 84px; }
.axis { display: flex; justify-content: space-between; gap: 12px; color: var(--soft); font-size: 12px;
  margin-top: 5px;
  font-variant-numeric: tabular-nums; }
.axis span { overflow-wrap: anywhere; min-width: 0; }
.bar { fill: var(--c0); } .bar.low { fill: var(--c2); } .bar.middle { fill: var(--c1);
  } .bar.high { fill: var(--c0); }
.bar.full { fill: var(--c5); } .bar.time { fill: var(--c1); }
.ground { fill: var(--line); } .strip { border-radius: 6px; }
.curves { border-bottom: 1px solid var(--line); }
.curves path { fill-opacity: .26; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.curves .red { fill: var(--red); stroke: var(--red); } .curves .green { fill: var(--green); stroke: var(--green); }
.curves .blue { fill: var(--blue); stroke: var(--blue); }
.cell { fill: var(--accent); }
.treemap { border-radius: 10px; }
.treemap .ground { stroke: var(--card); stroke-width: 2; }
.treemap .leaf { fill: #fff; fill-opacity: .07; stroke: var(--card); stroke-opacity: .55; stroke-width: 1; }
.treemap text { fill: #fff; font-size: 12px; pointer-events: none; } .treemap .name { font-weight: 650;
  font-size: 13px; }
.treemap .size { fill-opacity: .85; }
.colour0 .ground { fill: var(--c0); } .colour1 .ground { fill: var(--c1); } .colour2 .ground { fill: var(--c2); }
.colour3 .ground { fill: var(--c3); } .colour4 .ground { fill: var(--c4); } .colour5 .ground { fill: var(--c5); }
.colour6 .ground { fill: var(--c6); } .colour7 .ground { fill: var(--c7); }
.picture { display: grid; grid-template-columns: minmax(0, 480px) minmax(0, 1fr); gap: 24px; align-items: start; }
.picture img { max-width: 100%; height: auto; display: block; border-radius: 10px; border: 1px solid var(--line);
  background: repeating-conic-gradient(var(--line) 0 25%, var(--card) 0 50%) 0 0 / 20px 20px; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 0 18px; }
details { margin-top: 12px; } summary { cursor: pointer; color: var(--accent); font-size: 14px; }
details > :not(summary) { margin-top: 10px; }
ul { margin: 0 0 14px; padding-left: 20px; } li { overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: 13px; padding: 6px 2px 0; overflow-wrap: anywhere; }
@media (max-width: 640px) {
  .page { padding: 24px 14px; } section { padding: 18px 16px; border-radius: 12px; }
  .picture { grid-template-columns: 1fr; } .properties > div { grid-template-columns: 34% 1fr; gap: 12px; }
  .figures { grid-template-columns: 1fr 1fr; } .figures > div:last-child:nth-child(odd) { grid-column: span 2; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; } body { font-size: 12px; } .page { max-width: none; padding: 0; }
  section, .figures { break-inside: avoid-page; } section { padding: 12px 0; border-width: 1px 0 0;
  border-radius: 0; }
  h2, h3, summary { break-after: avoid; } tr, figure { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; } summary { list-style: none; }
  pre { max-height: none; white-space: pre-wrap; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
