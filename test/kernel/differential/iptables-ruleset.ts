import fc from 'fast-check'
import { matches, type Place } from './iptables-match.ts'
import { iptablesTarget } from './iptables-target.ts'
import type { Family } from './scene.ts'
import { seldom } from './vocabulary.ts'

const tables: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'INPUT'],
  filter: ['FORWARD', 'INPUT', 'OUTPUT'],
}

const rule = (place: Place, onward: readonly string[]): fc.Arbitrary<string> =>
  matches(place).chain(({ text, transport }) =>
    iptablesTarget(place, onward, transport).map((end) => `${text} ${end}`.trim()),
  )

const chainLines = (place: Place): fc.Arbitrary<readonly string[]> => {
  const [inner, innermost] = [`${place.chain}-x`, `${place.chain}-y`]
  const rules = (onward: readonly string[], maxLength: number) =>
    fc.array(rule(place, onward), { minLength: 1, maxLength })
  return fc
    .tuple(rules([inner, innermost], 4), rules([innermost], 3), rules([], 2), seldom(8))
    .map(([outer, middle, last, drops]) => [
      `:${place.chain} ${drops && place.table === 'filter' ? 'DROP' : 'ACCEPT'} [0:0]`,
      `:${inner} - [0:0]`,
      `:${innermost} - [0:0]`,
      ...outer.map((line) => `-A ${place.chain} ${line}`),
      ...middle.map((line) => `-A ${inner} ${line}`),
      ...last.map((line) => `-A ${innermost} ${line}`),
    ])
}

const tableText = (family: Family, table: string): fc.Arbitrary<string> =>
  fc
    .subarray([...(tables[table] ?? [])], { minLength: 1 })
    // Translation in PREROUTING distinguishes most flows, so table nat always has that chain.
    .map((names) => (table === 'nat' && !names.includes('PREROUTING') ? ['PREROUTING', ...names] : names))
    .chain((names) => fc.tuple(...names.map((chain) => chainLines({ family, table, chain }))))
    .map((all) => {
      const lines = all.flat()
      // All chains are declared before the rules that jump to them.
      const isChain = (line: string): boolean => line.startsWith(':')
      return [
        `*${table}`,
        ...lines.filter(isChain),
        ...lines.filter((line) => !isChain(line)),
        'COMMIT',
        '',
      ].join('\n')
    })

/** A text for `iptables-restore`, or for `ip6tables-restore`. */
export const iptablesRuleset = (family: Family): fc.Arbitrary<string> =>
  fc
    .tuple(fc.subarray(Object.keys(tables), { minLength: 1, maxLength: 3 }), seldom(4))
    .map(([names, without]) => (without || names.includes('nat') ? names : [...names, 'nat']))
    .chain((names) => fc.tuple(...names.map((table) => tableText(family, table))))
    .map((all) => all.join(''))
