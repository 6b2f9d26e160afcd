import type { Hook } from '@portolan/netfilter'
import fc from 'fast-check'
import { nftAction } from './nft-action.ts'
import { edgeTables } from './nft-edges.ts'
import { familiesOf, nftMatch, type Place, type RulePlace } from './nft-match.ts'
import type { Family } from './scene.ts'
import { address, one, port, prefix, seldom, somePorts, target } from './vocabulary.ts'

export const place = (
  table: Place['table'],
  type: Place['type'],
  hook: Hook,
  priorities: readonly number[],
): fc.Arbitrary<Place> => one(...priorities).map((priority) => ({ table, hook, type, priority }))

/**
 * Places before and after connection tracking (-200) and translation (-100, 100), and the priorities of other tools.
 */
const places = (table: Place['table']): fc.Arbitrary<Place> =>
  fc.oneof(
    { weight: 2, arbitrary: place(table, 'filter', 'prerouting', [-310, -300, -250, -150, -120, -50, 0]) },
    { weight: 1, arbitrary: place(table, 'filter', 'input', [-10, 0, 50, 110]) },
    { weight: 3, arbitrary: place(table, 'filter', 'forward', [-150, -10, 0, 10]) },
    { weight: 1, arbitrary: place(table, 'filter', 'output', [-300, -150, -50, 0]) },
    { weight: 1, arbitrary: place(table, 'route', 'output', [-150, 10]) },
    { weight: 2, arbitrary: place(table, 'filter', 'postrouting', [-50, 0, 90, 150]) },
    { weight: 4, arbitrary: place(table, 'nat', 'prerouting', [-150, -110, -100, -90]) },
    { weight: 2, arbitrary: place(table, 'nat', 'output', [-110, -100, -90]) },
    { weight: 4, arbitrary: place(table, 'nat', 'postrouting', [90, 100, 110]) },
    { weight: 1, arbitrary: place(table, 'nat', 'input', [90, 100, 110]) },
  )

const rule = (where: Place, onward: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(one(...familiesOf(where.table)), one('tcp', 'udp', 'th' as const))
    .chain(([family, protocol]) => ruleOf({ ...where, family, protocol }, onward))

const ruleOf = (at: RulePlace, onward: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(nftMatch(at), { minLength: 0, maxLength: 3 }), nftAction(at, onward), nftMatch(at))
    .map(([matches, action, spare]) =>
      // A drop, return or similar without a condition would hide all rules after it.
      matches.length === 0 && /^(drop|reject|accept|return|goto)/.test(action)
        ? `${spare} ${action}`
        : [...matches, action].join(' '),
    )

interface Chain {
  readonly name: string
  readonly lines: readonly string[]
}

/** A base chain with two chains to which it may jump. The first of these may jump to the second. */
const chains = (at: Place, name: string): fc.Arbitrary<readonly Chain[]> => {
  const [inner, innermost] = [`${name}_x`, `${name}_y`]
  const rules = (onward: readonly string[], maxLength: number) =>
    fc.array(rule(at, onward), { minLength: 1, maxLength })
  return fc
    .tuple(rules([inner, innermost], 5), rules([innermost], 3), rules([], 3), seldom(6))
    .map(([outer, middle, last, drops]) => [
      { name: innermost, lines: last },
      { name: inner, lines: middle },
      {
        name,
        lines: [
          `type ${at.type} hook ${at.hook} priority ${at.priority}; policy ${drops && at.type === 'filter' && at.hook !== 'postrouting' ? 'drop' : 'accept'};`,
          ...outer,
        ],
      },
    ])
}

export const setsOf = (family: Family): fc.Arbitrary<readonly string[]> => {
  const type = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'
  const some = <T>(value: fc.Arbitrary<T>) => fc.uniqueArray(value, { minLength: 1, maxLength: 4 })
  return fc
    .tuple(
      some(address(family)),
      prefix(family),
      fc.tuple(address(family), port),
      fc.tuple(address(family), address(family)),
      fc.tuple(address(family), port, target(family), port),
    )
    .map(([addresses, one, [to, at], [from, onto], [door, number, behind, inside]]) => [
      `set addresses_${family} { type ${type}; elements = { ${addresses.join(', ')} } }`,
      `set prefixes_${family} { type ${type}; flags interval; elements = { ${one} } }`,
      `set pairs_${family} { type ${type} . inet_service; flags interval; elements = { ${to} . ${at}, ${prefixOf(family)} . 443-8080 } }`,
      `set crossings_${family} { type ${type} . ${type}; elements = { ${from} . ${onto} } }`,
      `set seen_${family} { type ${type}; flags dynamic,timeout; timeout 1h; size 1000; }`,
      `map doors_${family} { type ${type} . inet_service : ${type} . inet_service; elements = { ${door} . ${number} : ${behind} . ${inside} } }`,
    ])
}

/** A prefix that contains no address of a machine, so that it overlaps no single element with the same port. */
const prefixOf = (family: Family): string => (family === 'ip' ? '203.0.113.0/25' : '2001:db8:99::/48')

const print = (
  family: Place['table'],
  name: string,
  sets: readonly string[],
  all: readonly Chain[],
  dormant: boolean,
): string =>
  [
    `table ${family} ${name} {`,
    ...(dormant ? ['  flags dormant'] : []),
    ...sets.map((line) => `  ${line}`),
    ...all.flatMap((chain) => [
      `  chain ${chain.name} {`,
      ...chain.lines.map((line) => `    ${line}`),
      '  }',
    ]),
    '}',
  ].join('\n')

const table = (name: string): fc.Arbitrary<string> =>
  one('inet', 'inet', 'ip', 'ip6' as const).chain((family) => {
    const named = fc
      .array(places(family), { minLength: 1, maxLength: 4 })
      .chain((all) => fc.tuple(...all.map((at, index) => chains(at, `${at.hook}${index}`))))
    const sets = fc.tuple(...familiesOf(family).map(setsOf))
    return fc
      .tuple(sets, somePorts, named, seldom(15))
      .map(([lists, ports, all, dormant]) =>
        print(
          family,
          name,
          [...lists.flat(), `set ports { type inet_service; elements = { ${ports.join(', ')} } }`],
          all.flat(),
          dormant,
        ),
      )
  })

/** A text for `nft -f` with one to three tables, and sometimes others at the edges of devices. */
export const nftRuleset: fc.Arbitrary<string> = fc
  .tuple(
    fc
      .integer({ min: 1, max: 3 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => table(`t${at}`)))),
    edgeTables,
  )
  .map(([tables, edges]) => [...tables, ...edges].join('\n'))
