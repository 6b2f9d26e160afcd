import type { MapHolder } from '@portolan/core'

/** A colour and the words for its meaning. */
export interface Swatch {
  readonly kind: string
  readonly words: string
}

/** The colour of each kind of holder. Some kinds share one, because more colours could not be told apart. */
const groups: Readonly<Record<MapHolder['kind'], Swatch>> = {
  route: { kind: 'route', words: 'a route' },
  address: { kind: 'address', words: "an interface's address" },
  network: { kind: 'network', words: "another engine's network" },
  nameserver: { kind: 'service', words: 'a resolver or cloud service' },
  resolver: { kind: 'service', words: 'a resolver or cloud service' },
  reserved: { kind: 'reserved', words: 'reserved by the user' },
  lease: { kind: 'lease', words: 'leased' },
  own: { kind: 'lease', words: 'leased' },
  cluster: { kind: 'cluster', words: 'of a cluster, not of this host' },
}

/** Every kind of holder. */
export const holderKinds: readonly string[] = Object.keys(groups)

export const swatchOf = (holder: MapHolder | undefined): Swatch =>
  holder === undefined ? { kind: 'reserved', words: 'held' } : groups[holder.kind]

/** The colours of the fills. White letters are readable on each of them, on a white page and on a black one. */
const fills: Readonly<Record<string, string>> = {
  picked: '#15803d',
  route: '#b4452f',
  address: '#a16207',
  network: '#7350a5',
  service: '#1d6f94',
  reserved: '#5b6472',
  lease: '#0f766e',
  cluster: '#9d174d',
}

/** The style sheet of a picture. It has plain rules, because not every program that shows SVG knows variables. */
export const styleSheet = (): string =>
  [
    'text{font-family:system-ui,"Segoe UI","Helvetica Neue","DejaVu Sans",Arial,sans-serif;font-size:13px;fill:#1f2937}',
    '.mono{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}',
    '.title{font-size:21px;font-weight:600}',
    '.head{font-size:14px;font-weight:600}',
    '.quiet{fill:#5b6472}',
    '.good{fill:#15803d;font-weight:600}',
    '.letter{fill:#ffffff;font-size:12px;font-weight:600;text-anchor:middle}',
    '.speck{font-size:10px;font-weight:600;text-anchor:middle}',
    '.page{fill:#ffffff}',
    '.free{fill:#e8edf3}',
    '.lens{fill:#94a3b8;fill-opacity:.22}',
    '.cut{stroke:#ffffff;stroke-width:1.5}',
    '.hatch{fill:#cfd6df}',
    '.spoiled{fill:url(#spoiled)}',
    '.stripe{stroke:#8792a2;stroke-width:2}',
    ...Object.entries(fills).map(([kind, fill]) => `.${kind}{fill:${fill}}`),
    '@media (prefers-color-scheme:dark){text{fill:#e5e7eb}.quiet{fill:#a3adba}.good{fill:#4ade80}.letter{fill:#ffffff}',
    '.page{fill:#0f141b}.free{fill:#263140}.cut{stroke:#0f141b}.hatch{fill:#3a4656}.stripe{stroke:#7c899a}}',
  ].join('')
