import { styleSheet } from '../picture/svg-style.ts'
import { type Palette, palettes } from './palette.ts'

const variables = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')

/**
 * The style sheet of a report. Its class names begin with `r-`, because the style sheet of pictures has the plain
 * names.
 */
const rules = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,"Segoe UI","Helvetica Neue","DejaVu Sans",Arial,sans-serif}
a{color:var(--link)}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
h1,h2,h3,h4{line-height:1.25;text-wrap:balance}
h1{font-size:1.75rem;margin:0}
h2{font-size:1.3rem;margin:0 0 .75rem}
h3{font-size:1.05rem;margin:1.25rem 0 .5rem}
p{margin:.4rem 0}
code,pre,.r-code{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86rem}
code,.r-code,dd,p,li{overflow-wrap:anywhere}
td,th{overflow-wrap:break-word}
td.r-code{min-width:14rem}
td code,th.r-code{overflow-wrap:break-word}
td details{margin:.3rem 0 0}
pre{margin:.4rem 0;padding:.6rem .75rem;background:var(--page);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
.r-skip{position:absolute;left:-999rem;top:0;background:var(--card);padding:.5rem 1rem;z-index:1}
.r-skip:focus{left:0}
.r-top,.r-main,.r-foot{max-width:70rem;margin:0 auto;padding:1rem 1.25rem}
.r-top{padding-top:2rem}
.r-lead{font-size:1.1rem}
.r-links{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:.75rem 0 0}
.r-part{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.25rem;margin:0 0 1.25rem;scroll-margin-top:1rem}
.r-quiet{color:var(--quiet)}
.r-good{color:var(--good)}.r-bad{color:var(--bad)}.r-warning{color:var(--warning)}.r-changed{color:var(--changed)}
.r-scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.93rem}
.r-unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{text-align:left;vertical-align:top;padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{color:var(--quiet);font-size:.86rem}
.r-conflict{border-left:4px solid var(--line);padding:.1rem 0 .1rem 1rem;margin:1rem 0;scroll-margin-top:1rem}
.r-conflict h3{margin:0 0 .3rem}
.r-error{border-color:var(--bad)}.r-warn{border-color:var(--warning)}
dl{margin:.5rem 0}
dt{font-weight:600;font-size:.86rem;color:var(--quiet);margin-top:.5rem}
dd{margin:0}
.r-scroll{position:relative}
figure{margin:0 0 1.25rem}
figcaption{margin-top:.4rem;font-size:.93rem}
figure svg{display:block;max-width:none;border-radius:6px}
.r-fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem}
fieldset{border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem 1rem;margin:0;min-width:0}
legend{font-weight:600;padding:0 .35rem}
label{display:block;font-size:.9rem;margin-top:.6rem}
.r-choice label{display:inline-flex;gap:.4rem;align-items:baseline;margin:.2rem 1.25rem .2rem 0}
.r-pair{display:grid;grid-template-columns:minmax(0,2fr) minmax(5.5rem,1fr);gap:.75rem}
input:not([type=radio]),select{display:block;width:100%;margin-top:.2rem;padding:.45rem .55rem;font:inherit;font-size:.95rem;color:var(--text);background:var(--card);border:1px solid var(--field);border-radius:6px}
input:disabled,select:disabled{color:var(--quiet);background:var(--page);border-style:dashed}
input[aria-invalid=true],select[aria-invalid=true]{border:2px solid var(--bad)}
button{font:inherit;font-weight:600;color:var(--onButton);background:var(--button);border:1px solid var(--button);border-radius:6px;padding:.5rem 1.1rem;cursor:pointer}
button.r-small{font-size:.86rem;font-weight:400;padding:.2rem .7rem;color:var(--link);background:transparent;border-color:var(--link)}
.r-send{margin:1rem 0 0}
.r-answer{margin-top:1.25rem}
.r-ending{font-weight:600;font-size:1.05rem;border-left:4px solid currentColor;padding-left:.75rem}
.r-way{list-style:none;margin:.5rem 0;padding:0}
.r-way>li{display:grid;grid-template-columns:7.5rem minmax(0,1fr);gap:0 1rem;padding:.55rem 0;border-bottom:1px solid var(--line)}
.r-way>li>:not(:first-child){grid-column:2}
.r-stage{font-weight:600;font-size:.86rem;color:var(--quiet);padding-top:.1rem}
.r-place{color:var(--quiet);font-size:.86rem}
details{margin:.75rem 0}
summary{cursor:pointer;color:var(--link);width:fit-content}
[hidden]{display:none!important}
@media (max-width:40rem){.r-way>li{grid-template-columns:1fr}.r-way>li>:not(:first-child){grid-column:1}.r-top,.r-main,.r-foot{padding-left:.75rem;padding-right:.75rem}.r-part{padding:1rem .85rem}}
@media screen and (max-width:40rem){td{min-width:6rem}td:last-child{min-width:11rem}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{body,.r-part{background:#fff;color:#000}.r-part{border:0;padding:0;break-inside:auto}.r-conflict,tr,.r-way>li{break-inside:avoid}.r-links,.r-skip,#ask,#way:has(#answer:empty),button{display:none!important}details::details-content{content-visibility:visible;display:block;height:auto}.r-scroll{overflow:visible}figure svg{max-width:100%;height:auto}}
`

/** The complete style of a report: light or dark as the reader's system is, and light on paper. */
export const pageStyle = (): string =>
  [
    `:root{color-scheme:light dark;${variables(palettes.light)}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${variables(palettes.dark)}}}`,
    rules.trim().replaceAll('\n', ''),
    styleSheet().replace('@media (prefers', '@media screen and (prefers'),
  ].join('')
