import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { visibleLine } from '@portolan/netfilter'
import { arbitraryFacts, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { noRules, type Plan } from 'portolan'
import { diffLines } from '../../packages/portolan/src/plan/print/diff-lines.ts'
import { printPlan } from '../../packages/portolan/src/plan/print/print-plan.ts'
import { displayWidth } from '../../packages/portolan/src/text/display-width.ts'
import { plainLook } from '../../packages/portolan/src/text/look.ts'
import { styleFor } from '../../packages/portolan/src/text/style.ts'
import { backend } from './arbitrary/backend.ts'
import { hostileNames } from './arbitrary/hostile-intent.ts'
import { lookAt, hostFacts as plainFacts } from './conflicts/look.ts'
import { closed } from './conflicts/saved.ts'
import { attempt, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'

/** A text without line breaks, and without those that a shell joins. */
const joined = (text: string): string => text.replaceAll(/ \\\n */g, ' ').replaceAll(/\s+/g, ' ')

const expectHeld = (text: string, parts: readonly string[]): void => {
  const whole = joined(text)
  expect(parts.filter((part) => !whole.includes(joined(visibleLine(part)).trim()))).toEqual([])
}

/** The texts that every layout must contain. */
const warned = ({ conflicts, notes, incomplete }: Plan): readonly string[] => [
  ...conflicts.flatMap(({ severity, certainty, kind, message, remedy }) => [
    `${severity}${certainty === 'possible' ? ' (possible)' : ''} ${kind}: ${message}`,
    remedy.text,
    ...remedy.commands,
  ]),
  ...notes.map(({ text }) => text),
  ...incomplete.flatMap(({ what, why }) => [what, why]),
]

const changed = ({ changes }: Plan): readonly string[] =>
  changes.flatMap(diffLines).map(({ mark, text }) => `${mark} ${text.replaceAll('\t', '  ')}`)

/**
 * Lines that are too wide. A line may be as wide as the terminal, or consist of one longer word with the sign before
 * it.
 */
const tooWide = (text: string, columns: number): readonly string[] =>
  text
    .split('\n')
    .filter((line) => displayWidth(line) > columns)
    .filter((line) => /\S .*\S/.test(line.replace(/^ *(?:[-+~] )?/, '').replace(/ \\$/, '')))

const columns = fc.integer({ min: 30, max: 160 })

const holds = (plan: Plan, width: number): void => {
  for (const limit of [width, Number.POSITIVE_INFINITY]) {
    const all = printPlan(plan, { ...plainLook, columns: limit, rules: true })
    expectHeld(all, [...warned(plan), ...changed(plan)])
    expect(tooWide(all, limit)).toEqual([])
    const short = printPlan(plan, { ...plainLook, columns: limit })
    expect(tooWide(short, limit)).toEqual([])
    if (plan.conflicts.length <= 40 && plan.incomplete.length <= 20) expectHeld(short, warned(plan))
  }
}

describe('the text of a plan', () => {
  test('holds every conflict, note and change with --rules, in lines that fit the terminal', async () => {
    let plans = 0
    await fc.assert(
      fc.asyncProperty(
        arbitraryIntent(),
        arbitraryFacts(),
        backend,
        columns,
        async (wanted, facts, chosen, width) => {
          const plan = await attempt(wanted, { facts, rules: noRules }, chosen)
          if (!isPlan(plan)) return
          plans += 1
          holds(plan, width)
        },
      ),
      runs(40),
    )
    expect(plans).toBeGreaterThan(0)
  })

  test('does so whatever networks and services are called', async () => {
    await fc.assert(
      fc.asyncProperty(hostileNames, backend, columns, async ({ hostile }, chosen, width) => {
        const plan = await attempt(hostile, { facts: {}, rules: noRules }, chosen)
        if (isPlan(plan)) holds(plan, width)
      }),
      runs(40),
    )
  })

  test('does so beside rules of others, and says the same with and without colours', async () => {
    const { plan } = await lookAt({
      rules: { ...noRules, 'iptables-nft': iptables.parse(closed('-A FORWARD -j DROP')) },
      facts: {
        ...plainFacts,
        sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: '網路 naïve' }],
      },
    })
    const kinds = plan.conflicts.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['ForwardDropped', 'HostPortTaken']))
    for (const width of [30, 40, 80, 120]) {
      holds(plan, width)
      const [coloured, plain] = [true, false].map((isColoured) =>
        printPlan(plan, { style: styleFor(isColoured), columns: width, rules: true }),
      )
      // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a colour
      expect(coloured?.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
      // A colour ends with its line: a pager shows lines one by one.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a colour
      expect(coloured?.split('\n').filter((line) => /\u001b\[[1-9]\d*m[^\u001b]*$/.test(line))).toEqual([])
    }
  })
})
