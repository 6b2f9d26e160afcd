import type { Line } from './lines.ts'

/**
 * Colours for the light and the dark scheme, each readable on its page. Their order makes neighbours differ for
 * colour-blind readers too.
 */
const colours: readonly (readonly [light: string, dark: string])[] = [
  ['#0a5ec2', '#79c0ff'],
  ['#17702f', '#56d364'],
  ['#7a3fc0', '#d2a8ff'],
  ['#c21c2b', '#ff7b72'],
  ['#8a5a00', '#e3b341'],
  ['#0b6a78', '#76e3ea'],
  ['#59636e', '#9198a1'],
]

const inks = (which: 0 | 1): string =>
  colours.map((pair, at) => `.c${at}{stroke:${pair[which]}}circle.c${at}{fill:${pair[which]}}`).join('')

export const styles: string = `
text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#1f2328}
.title{font-size:16px;font-weight:bold}
.dim,.note{fill:#59636e}
.note{font-size:11px}
path{fill:none;stroke-width:1.6}
.ours{stroke-width:2.8}
.dashed{stroke-dasharray:6 4}
.spread{stroke-width:1;stroke-dasharray:none;opacity:.6}
.page{fill:#f6f8fa;stroke:#d1d9e0}
.grid{stroke:#d1d9e0;stroke-width:1}
${inks(0)}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.dim,.note{fill:#9198a1}
.page{fill:#0d1117;stroke:#3d444d}
.grid{stroke:#3d444d}
${inks(1)}
}
`

/**
 * The text after the last comma of a name is a variant: `netavark, iptables` has the colour of `netavark, nftables`.
 */
const familyOf = (name: string): string => name.replace(/, [^,]*$/, '')

/** The CSS classes of each line by its name: a colour for a family, dashes for the family's second variant. */
export const stylesOf = (lines: readonly Line[]): ReadonlyMap<string, string> => {
  const families = [...new Set(lines.map(({ name }) => familyOf(name)))]
  const seen = new Set<string>()
  return new Map(
    lines.map(({ name }) => {
      const family = familyOf(name)
      const isSecond = seen.has(family)
      seen.add(family)
      const colour = `c${families.indexOf(family) % colours.length}`
      return [
        name,
        [colour, ...(isSecond ? ['dashed'] : []), ...(name.startsWith('Portolan') ? ['ours'] : [])].join(' '),
      ]
    }),
  )
}

export const classesOf = (looks: ReadonlyMap<string, string>, { name }: Line): string => looks.get(name) ?? ''
