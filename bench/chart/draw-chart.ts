import type { Machine } from '../machine.ts'
import { element, fixed, text } from './element.ts'
import type { ChartLines, ChartName, Gap, Line } from './lines.ts'
import { logAxis } from './log-axis.ts'
import { classesOf, styles, stylesOf } from './styles.ts'

interface Words {
  readonly title: string
  readonly value: string
  readonly tick: (value: number) => string
}

const seconds = (ms: number): string => (ms >= 1000 ? `${thousands(ms / 1000)} s` : `${ms} ms`)

const words: Readonly<Record<ChartName, Words>> = {
  publish: {
    title: 'Time to publish N ports of one container (less is better)',
    value: 'time',
    tick: seconds,
  },
  connections: {
    title: 'New connections a second through the last of N ports (more is better)',
    value: 'connections a second',
    tick: (value) => thousands(value),
  },
}

const width = 940
const plot = { left: 70, right: 610, top: 64, bottom: 430 } as const
const noteHeight = 16

/**
 * Draws a chart with two logarithmic axes as SVG. Bars through points show the spread. Colours follow the reader's
 * light or dark scheme.
 */
export const drawChart = (chart: ChartName, { lines, gaps }: ChartLines, machine: Machine): string => {
  const { title, value, tick } = words[chart]
  const points = lines.flatMap((line) => line.points)
  const x = logAxis(
    points.map(({ ports }) => ports),
    plot.left,
    plot.right,
  )
  const y = logAxis(
    points.flatMap(({ measured }) => [measured.least, measured.most]),
    plot.bottom,
    plot.top,
  )
  const looks = stylesOf(lines)
  const notes = notesOf(machine, gaps)
  const height = plot.bottom + 62 + notes.length * noteHeight
  const lineOf = (line: Line): string => {
    const path = line.points.map(({ ports, measured }) => [x.at(ports), y.at(measured.median)] as const)
    const shape = path.map(([px, py], at) => `${at === 0 ? 'M' : 'L'}${fixed(px)} ${fixed(py)}`).join('')
    const name = classesOf(looks, line)
    return [
      ...line.points.map(({ ports, measured }) => {
        const [px, from, to] = [x.at(ports), y.at(measured.least), y.at(measured.most)]
        return element('path', { class: `${name} spread`, d: `M${fixed(px)} ${fixed(from)}V${fixed(to)}` })
      }),
      element('path', { class: name, d: shape }),
      ...path.map(([px, py]) => element('circle', { class: name, cx: fixed(px), cy: fixed(py), r: '3' })),
    ].join('')
  }
  const legend = lines.map((line, at) => {
    const middle = plot.top + 8 + at * 22
    const sample = `M${plot.right + 20} ${middle}h34`
    return (
      element('path', { class: classesOf(looks, line), d: sample }) +
      text(line.name, plot.right + 62, middle + 4)
    )
  })
  const grid = [
    ...x.decades.map((ports) => {
      const px = fixed(x.at(ports))
      return (
        element('path', { class: 'grid', d: `M${px} ${plot.top}V${plot.bottom}` }) +
        text(thousands(ports), Number(px), plot.bottom + 18, 'middle')
      )
    }),
    ...y.decades.map((decade) => {
      const py = fixed(y.at(decade))
      return (
        element('path', { class: 'grid', d: `M${plot.left} ${py}H${plot.right}` }) +
        text(tick(decade), plot.left - 8, Number(py) + 4, 'end')
      )
    }),
  ]
  const shown = [
    element('rect', { class: 'page', x: '0.5', y: '0.5', width: width - 1, height: height - 1, rx: '6' }),
    text(title, 16, 30, 'start', 'title'),
    text(value, plot.left - 54, plot.top - 14, 'start', 'dim'),
    text('N, published ports', plot.right, plot.bottom + 36, 'end', 'dim'),
    ...grid,
    ...lines.map(lineOf),
    ...legend,
    ...notes.map((note, at) => text(note, 16, plot.bottom + 58 + at * noteHeight, 'start', 'note')),
  ]
  const size = { viewBox: `0 0 ${width} ${height}`, width, height }
  const page = { xmlns: 'http://www.w3.org/2000/svg', ...size, role: 'img', 'aria-label': title }
  return `${element('svg', page, `\n<style>${styles}</style>\n${shown.join('\n')}\n`)}\n`
}

const notesOf = (machine: Machine, gaps: readonly Gap[]): readonly string[] => [
  `${machine.date}, ${machine.processors}, Linux ${machine.kernel}, load ${machine.load}. Medians; bars from least to most.`,
  Object.entries({ Node: machine.node.replace('v', ''), ...machine.versions })
    .map(([program, version]) => `${program} ${version}`)
    .join(', '),
  ...gaps.map(({ name, why }) => `${name}: ${why}.`),
]

const thousands = (value: number): string => fixed(value).replace(/\B(?=(\d{3})+$)/g, ',')
