import fc from 'fast-check'
import { nftAction } from '../differential/nft-action.ts'
import { familiesOf, nftMatch, type Place } from '../differential/nft-match.ts'
import { place, setsOf } from '../differential/nft-ruleset.ts'
import type { Family } from '../differential/scene.ts'
import {
  interfaceName,
  mark,
  one,
  port,
  prefix,
  seldom,
  somePorts,
  target,
} from '../differential/vocabulary.ts'
import { crowdedStatements } from './crowded-rules.ts'
import { openings } from './opening-nft.ts'
import type { PlantedChains } from './planted.ts'

type Table = Place['table']

const base = ({ type, hook, priority }: Place, policy = 'accept'): string =>
  `type ${type} hook ${hook} priority ${priority}; policy ${policy};`

const conditionsOf = (at: Place, family: Family, protocol: 'tcp' | 'udp' | 'th'): fc.Arbitrary<string> =>
  fc.array(nftMatch({ ...at, family, protocol }), { minLength: 1, maxLength: 2 }).map((all) => all.join(' '))

const conditions = (table: Table, at: Place): fc.Arbitrary<string> =>
  fc
    .tuple(one(...familiesOf(table)), one('tcp', 'udp', 'th' as const))
    .chain(([family, protocol]) => conditionsOf(at, family, protocol))

/** Rules that drop packets with two conditions, in a base chain or one jump deep. */
const drops = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc
    .oneof(
      { weight: 2, arbitrary: place(table, 'filter', 'prerouting', [-300, -250, -150, -120, -50, 0]) },
      { weight: 4, arbitrary: place(table, 'filter', 'forward', [-150, -10, 0, 10]) },
      { weight: 1, arbitrary: place(table, 'filter', 'output', [-300, -150, 0]) },
      { weight: 1, arbitrary: place(table, 'filter', 'postrouting', [-50, 0, 90, 150]) },
    )
    .chain((at) =>
      fc
        .tuple(
          fc.array(conditions(table, at), { minLength: 1, maxLength: 3 }),
          conditions(table, at),
          fc.boolean(),
        )
        .map(([all, way, isDeep]) => {
          const name = `drop_${at.hook}`
          const lines = all.map((match) => `${match} drop`)
          return isDeep
            ? {
                chains: [
                  { name: `${name}_deep`, lines },
                  { name: `${name}_way`, lines: [`${way} jump ${name}_deep`, `jump ${name}_deep`].slice(0) },
                  { name, lines: [base(at), `jump ${name}_way`] },
                ],
              }
            : { chains: [{ name, lines: [base(at), ...lines] }] }
        }),
    )

/** A list of bans, as long as lists of grown firewalls. */
const crowded = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc
    .oneof(place(table, 'filter', 'prerouting', [-150, -50]), place(table, 'filter', 'forward', [-10, 0, 10]))
    .chain((at) =>
      one(...familiesOf(table)).chain((family) =>
        crowdedStatements(family).map((lines) => ({
          chains: [{ name: 'crowd', lines: [base(at), ...lines] }],
        })),
      ),
    )

/** A chain that forwards what it lists, and drops the rest. */
const policy = (table: Table): fc.Arbitrary<PlantedChains> =>
  place(table, 'filter', 'forward', [-10, 0, 10]).chain((at) =>
    fc
      .tuple(fc.array(conditions(table, at), { minLength: 1, maxLength: 3 }), seldom(3))
      .map(([all, forgetsReplies]) => ({
        chains: [
          {
            name: 'guard',
            lines: [
              base(at, 'drop'),
              ...(forgetsReplies ? [] : ['ct state established,related accept']),
              ...all.map((match) => `${match} accept`),
            ],
          },
        ],
      })),
  )

/** Ports that a foreign table publishes, before or after Portolan's translation. */
const translations = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc
    .tuple(
      place(table, 'nat', 'prerouting', [-150, -110, -105, -100, -90]),
      place(table, 'nat', 'output', [-110, -105, -100]),
      one(...familiesOf(table)),
    )
    .chain(([before, locally, family]) => {
      const of = table === 'inet' ? ` ${family}` : ''
      const rule = one('tcp', 'udp')
        .chain((protocol) =>
          fc.tuple(
            fc.constant(protocol),
            port,
            target(family),
            port,
            fc.option(nftMatch({ ...before, family, protocol })),
            fc.nat(4),
          ),
        )
        .map(([protocol, at, to, toPort, only, draw]) => {
          const end = family === 'ip6' ? `[${to}]:${toPort}` : `${to}:${toPort}`
          const which =
            draw === 0
              ? `dnat${of} to ${family} daddr . ${protocol} dport map @doors_${family}`
              : draw === 1
                ? `${protocol} dport ${at} redirect to :${toPort}`
                : `${protocol} dport ${at} dnat${of} to ${end}`
          const match = draw === 0 ? `meta l4proto ${protocol}` : (only ?? '')
          return `${match} ${which}`.trim()
        })
      return fc.tuple(fc.array(rule, { minLength: 1, maxLength: 2 }), fc.option(rule)).map(([some, own]) => ({
        chains: [
          { name: 'doors', lines: [base(before), ...some] },
          ...(own === null
            ? []
            : [{ name: 'own_doors', lines: [base(locally), own.replaceAll(/iif(name|kind)? /g, 'oif$1 ')] }]),
        ],
      }))
    })

/** Rules that change the source. */
const masquerades = (table: Table): fc.Arbitrary<PlantedChains> =>
  place(table, 'nat', 'postrouting', [90, 95, 100, 110]).chain((at) =>
    fc.tuple(conditions(table, at), one('masquerade', 'masquerade', 'accept')).map(([match, end]) => ({
      chains: [{ name: 'sources', lines: [base(at), `${match} ${end}`] }],
    })),
  )

const untracked = (table: Table): fc.Arbitrary<PlantedChains> =>
  place(table, 'filter', 'prerouting', [-310, -300, -250]).chain((at) =>
    conditions(table, at).map((match) => ({
      chains: [{ name: 'untracked', lines: [base(at), `${match} notrack`] }],
    })),
  )

/** Rules that stop only replies, or packets after the first reply. */
const replies = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc
    .tuple(
      place(table, 'filter', 'forward', [-150, 0, 10]),
      one(
        'ct direction reply',
        'ct state established',
        'ct state established ct direction reply',
        'ct state established ct direction original',
      ),
      fc.oneof(
        fc.tuple(one('sport', 'dport'), port).map(([side, at]) => `th ${side} ${at}`),
        interfaceName.map((name) => `oifname "${name}"`),
        one(...familiesOf(table)).chain((family) => prefix(family).map((some) => `${family} daddr ${some}`)),
      ),
    )
    .map(([at, way, which]) => ({
      chains: [{ name: 'replies', lines: [base(at), `${way} meta l4proto { tcp, udp } ${which} drop`] }],
    }))

/** Rules that set a mark in one chain, and drop the mark in another, two jumps deep. */
const marked = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc
    .tuple(
      place(table, 'filter', 'prerouting', [-150, -50]),
      place(table, 'filter', 'forward', [-10, 10]),
      mark,
      conditions(table, { table, type: 'filter', hook: 'prerouting', priority: -50 }),
      fc.boolean(),
    )
    .map(([early, late, value, match, byConnection]) => ({
      chains: [
        {
          name: 'marks',
          lines: [
            base(early),
            `${match} meta mark set ${value}`,
            ...(byConnection ? ['ct mark set meta mark'] : []),
          ],
        },
        { name: 'marked_y', lines: [byConnection ? `ct mark ${value} drop` : `meta mark ${value} drop`] },
        { name: 'marked_x', lines: ['meta l4proto { tcp, udp } goto marked_y'] },
        { name: 'marked', lines: [base(late), 'jump marked_x'] },
      ],
    }))

const dispatches = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc
    .tuple(
      place(table, 'filter', 'forward', [-10, 0]),
      fc.uniqueArray(port, { minLength: 1, maxLength: 2 }),
      fc.nat(3),
    )
    .map(([at, some, draw]) => ({
      chains: [
        { name: 'sorted', lines: [draw === 0 ? 'th dport @ports drop' : 'ct direction original drop'] },
        {
          name: 'sorts',
          lines: [base(at), `th dport vmap { ${some.map((value) => `${value} : jump sorted`).join(', ')} }`],
        },
      ],
    }))

/** One rule with arbitrary conditions. */
const anything = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc
    .oneof(
      place(table, 'filter', 'prerouting', [-300, -150, -50]),
      place(table, 'filter', 'forward', [-10, 0]),
      place(table, 'nat', 'prerouting', [-110, -100]),
      place(table, 'nat', 'postrouting', [90, 100]),
      place(table, 'filter', 'output', [-150, 0]),
    )
    .chain((at) =>
      fc.tuple(one(...familiesOf(table)), one('tcp', 'udp', 'th' as const)).chain(([family, protocol]) =>
        fc
          .tuple(conditionsOf(at, family, protocol), nftAction({ ...at, family, protocol }, []))
          .map(([match, action]) => ({
            chains: [{ name: 'anything', lines: [base(at), `${match} ${action}`] }],
          })),
      ),
    )

const planted = (table: Table): fc.Arbitrary<PlantedChains> =>
  fc.oneof(
    { weight: 3, arbitrary: drops(table) },
    { weight: 1, arbitrary: policy(table) },
    { weight: 2, arbitrary: translations(table) },
    { weight: 1, arbitrary: masquerades(table) },
    { weight: 1, arbitrary: untracked(table) },
    { weight: 1, arbitrary: replies(table) },
    { weight: 1, arbitrary: marked(table) },
    { weight: 1, arbitrary: dispatches(table) },
    { weight: 2, arbitrary: anything(table) },
    { weight: 2, arbitrary: crowded(table) },
    { weight: 5, arbitrary: openings(table, familiesOf(table)) },
  )

const tableOf = (name: string): fc.Arbitrary<string> =>
  one('inet', 'inet', 'ip', 'ip6' as const).chain((table) =>
    fc
      .tuple(planted(table), fc.tuple(...familiesOf(table).map(setsOf)), somePorts)
      .map(([{ chains }, sets, ports]) =>
        [
          `table ${table} ${name} {`,
          ...sets.flat().map((line) => `  ${line}`),
          `  set ports { type inet_service; elements = { ${ports.join(', ')} } }`,
          ...chains.flatMap((chain) => [
            `  chain ${chain.name} {`,
            ...chain.lines.map((line) => `    ${line}`),
            '  }',
          ]),
          '}',
        ].join('\n'),
      ),
  )

/** A text for `nft -f` with one to three foreign tables. Each does one thing to some packets. */
export const plantedNft: fc.Arbitrary<string> = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => tableOf(`p${at}`))))
  .map((tables) => tables.join('\n'))
