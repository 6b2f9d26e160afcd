import fc from 'fast-check'
import { type Matches, matches, type Place } from '../differential/iptables-match.ts'
import { iptablesTarget } from '../differential/iptables-target.ts'
import type { Family } from '../differential/scene.ts'
import { interfaceName, mark, one, port, prefix, seldom } from '../differential/vocabulary.ts'
import { crowdedLines } from './crowded-rules.ts'
import { openings } from './opening-iptables.ts'
import type { PlantedRules } from './planted.ts'

type Places = readonly (readonly [string, string])[]

const placeOf = (family: Family, places: Places): fc.Arbitrary<Place> =>
  one(...places).map(([table, chain]) => ({ family, table, chain }))

const drops = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  placeOf(family, [
    ['raw', 'PREROUTING'],
    ['mangle', 'PREROUTING'],
    ['mangle', 'FORWARD'],
    ['mangle', 'POSTROUTING'],
    ['filter', 'FORWARD'],
    ['filter', 'FORWARD'],
    ['filter', 'OUTPUT'],
  ]).chain((at) =>
    fc
      .tuple(fc.array(matches(at), { minLength: 1, maxLength: 3 }), matches(at), fc.boolean())
      .map(([all, way, isDeep]) => {
        const lines = (chain: string) => all.map(({ text }) => `-A ${chain} ${text} -j DROP`)
        return isDeep
          ? [
              {
                table: at.table,
                chains: ['way', 'deep'],
                lines: [`-A ${at.chain} -j way`, `-A way ${way.text} -j deep`, ...lines('deep')],
              },
            ]
          : [{ table: at.table, lines: lines(at.chain) }]
      }),
  )

const crowded = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  one('PREROUTING', 'FORWARD', 'FORWARD').chain((chain) =>
    crowdedLines(family, chain).map((lines) => [{ table: chain === 'FORWARD' ? 'filter' : 'mangle', lines }]),
  )

const policy = (family: Family): fc.Arbitrary<readonly PlantedRules[]> => {
  const at = { family, table: 'filter', chain: 'FORWARD' }
  return fc
    .tuple(fc.array(matches(at), { minLength: 1, maxLength: 3 }), seldom(3))
    .map(([all, forgetsReplies]) => [
      {
        table: 'filter',
        drops: true,
        lines: [
          ...(forgetsReplies ? [] : ['-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT']),
          ...all.map(({ text }) => `-A FORWARD ${text} -j ACCEPT`),
        ],
      },
    ])
}

const inBrackets = (family: Family, address: string): string => (family === 'ip6' ? `[${address}]` : address)

const translations = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  one('PREROUTING', 'PREROUTING', 'OUTPUT').chain((chain) => {
    const containers =
      family === 'ip'
        ? ['172.30.1.11', '172.30.2.10', '198.51.100.9']
        : ['fd00:30:1::11', 'fd00:30:2::10', '2001:db8:2::9']
    const rule = fc
      .tuple(one('tcp', 'udp'), port, one(...containers), port, seldom(4), interfaceName)
      .map(([protocol, at, to, toPort, isLocal, name]) => {
        const only = isLocal ? '-m addrtype --dst-type LOCAL ' : chain === 'PREROUTING' ? `-i ${name} ` : ''
        return `-A ${chain} -p ${protocol} ${only}-m ${protocol} --dport ${at} -j DNAT --to-destination ${inBrackets(family, to)}:${toPort}`
      })
    return fc.array(rule, { minLength: 1, maxLength: 2 }).map((lines) => [{ table: 'nat', lines }])
  })

const rulesWith =
  (places: Places, target: string | readonly string[]) =>
  (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
    placeOf(family, places).chain((at) =>
      fc
        .tuple(matches(at), one(...[target].flat()))
        .map(([{ text }, end]) => [{ table: at.table, lines: [`-A ${at.chain} ${text} ${end}`] }]),
    )

const masquerades = rulesWith([['nat', 'POSTROUTING']], ['-j MASQUERADE', '-j MASQUERADE', '-j ACCEPT'])

const untracked = rulesWith(
  [
    ['raw', 'PREROUTING'],
    ['raw', 'PREROUTING'],
    ['raw', 'OUTPUT'],
  ],
  '-j CT --notrack',
)

const replies = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  fc
    .tuple(
      one(
        '--ctstate ESTABLISHED',
        '--ctdir REPLY',
        '--ctstate RELATED,ESTABLISHED',
        '--ctstate ESTABLISHED --ctdir ORIGINAL',
      ),
      fc.oneof(
        fc
          .tuple(one('tcp', 'udp'), one('sport', 'dport'), port)
          .map(([protocol, side, at]) => `-p ${protocol} -m ${protocol} --${side} ${at}`),
        interfaceName.map((name) => `-o ${name}`),
        prefix(family).map((some) => `-d ${some}`),
      ),
      one('mangle', 'filter'),
    )
    .map(([way, which, table]) => [{ table, lines: [`-A FORWARD ${which} -m conntrack ${way} -j DROP`] }])

const marked = (family: Family): fc.Arbitrary<readonly PlantedRules[]> => {
  const at = { family, table: 'mangle', chain: 'PREROUTING' }
  return fc.tuple(matches(at), mark, fc.boolean()).map(([{ text }, value, byConnection]) => [
    {
      table: 'mangle',
      lines: [
        `-A PREROUTING ${text} -j MARK --set-xmark ${value}/0xffffffff`,
        ...(byConnection ? ['-A PREROUTING -j CONNMARK --save-mark'] : []),
      ],
    },
    {
      table: 'filter',
      chains: ['way', 'deep'],
      lines: [
        '-A FORWARD -j way',
        '-A way -g deep',
        `-A deep -m ${byConnection ? 'connmark' : 'mark'} --mark ${value} -j DROP`,
      ],
    },
  ])
}

const anything = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  placeOf(family, [
    ['raw', 'PREROUTING'],
    ['mangle', 'PREROUTING'],
    ['mangle', 'OUTPUT'],
    ['filter', 'FORWARD'],
    ['nat', 'PREROUTING'],
    ['nat', 'OUTPUT'],
    ['nat', 'POSTROUTING'],
  ]).chain((at) =>
    fc
      .array(
        matches(at).chain(({ text, transport }: Matches) =>
          iptablesTarget(at, [], transport).map((end) => `-A ${at.chain} ${text} ${end}`),
        ),
        { minLength: 1, maxLength: 2 },
      )
      .map((lines) => [{ table: at.table, lines }]),
  )

const builtIn: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
}

const print = (all: readonly PlantedRules[]): string =>
  Object.entries(builtIn)
    .map(([table, chains]) => {
      const own = all.filter((one) => one.table === table)
      const drop = own.some(({ drops: isDrop }) => isDrop)
      return own.length === 0
        ? ''
        : [
            `*${table}`,
            ...chains.map((chain) => `:${chain} ${drop && chain === 'FORWARD' ? 'DROP' : 'ACCEPT'} [0:0]`),
            ...new Set(own.flatMap((one) => one.chains ?? []).map((chain) => `:${chain} - [0:0]`)),
            ...own.flatMap(({ lines }) => lines),
            'COMMIT',
            '',
          ].join('\n')
    })
    .join('')

/** Numbers the user chains, so that each set of rules has its own. */
const numbered = ({ lines, chains = [], ...rest }: PlantedRules, at: number): PlantedRules => {
  const rename = (text: string): string => text.replaceAll(/\b(way|deep)\b/g, `$1${at}`)
  return { ...rest, lines: lines.map(rename), chains: chains.map(rename) }
}

/**
 * A text for `iptables-restore`, or for `ip6tables-restore`, with one to three sets of rules. Each set does one thing
 * to some packets.
 */
export const plantedIptables = (family: Family): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: drops(family) },
        { weight: 1, arbitrary: policy(family) },
        { weight: 2, arbitrary: translations(family) },
        { weight: 1, arbitrary: masquerades(family) },
        { weight: 1, arbitrary: untracked(family) },
        { weight: 1, arbitrary: replies(family) },
        { weight: 1, arbitrary: marked(family) },
        { weight: 2, arbitrary: anything(family) },
        { weight: 2, arbitrary: crowded(family) },
        { weight: 5, arbitrary: openings(family) },
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((all) => print(all.flatMap((some, at) => some.map((one) => numbered(one, at)))))
