import fc from 'fast-check'
import { type Matches, matches } from '../differential/iptables-match.ts'
import type { Family } from '../differential/scene.ts'
import { interfaceName, one } from '../differential/vocabulary.ts'
import { type Translation, translation } from './opening.ts'
import type { PlantedRules } from './planted.ts'

const prefixes = {
  ip: ['172.30.1.0/24', '172.30.2.0/24', '172.30.1.0/24'],
  ip6: ['fd00:30:1::/64', 'fd00:30:2::/64', 'fd00:30:1::/64'],
} as const

const lines = (family: Family, { address, ports, to }: Translation): readonly string[] => {
  const end = family === 'ip6' && to.port !== null ? `[${to.address}]` : to.address
  return ['tcp', 'udp'].map(
    (protocol) =>
      `-A PREROUTING -d ${address} -p ${protocol} -m multiport --dports ${ports.join(',')} -j DNAT --to-destination ${end}${to.port === null ? '' : `:${to.port}`}`,
  )
}

/** Translations by another program. Portolan's jump comes before them. */
const translations = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  fc
    .array(translation(family), { minLength: 1, maxLength: 3 })
    .map((all) => [{ table: 'nat', lines: all.flatMap((some) => lines(family, some)) }])

/** Translations of whole subnets, some to themselves. Connection tracking counts those as translated too. */
const netmaps = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  fc
    .tuple(one(...prefixes[family]), one(...prefixes[family]), fc.option(interfaceName))
    .map(([from, to, name]) => [
      {
        table: 'nat',
        lines: [`-A PREROUTING -d ${from}${name === null ? '' : ` -i ${name}`} -j NETMAP --to ${to}`],
      },
    ])

/** Accepts that existed before Portolan. Portolan's jumps come before them. */
const accepts = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  one('PREROUTING', 'FORWARD').chain((chain) =>
    fc
      .array(matches({ family, table: 'mangle', chain }), { minLength: 1, maxLength: 2 })
      .map((all: readonly Matches[]) => [
        { table: 'mangle', lines: all.map(({ text }) => `-A ${chain} ${text} -j ACCEPT`) },
      ]),
  )

/** Rules that let packets in which the contract keeps out, or that seem to. */
export const openings = (family: Family): fc.Arbitrary<readonly PlantedRules[]> =>
  fc.oneof(
    { weight: 5, arbitrary: translations(family) },
    { weight: 1, arbitrary: netmaps(family) },
    { weight: 1, arbitrary: accepts(family) },
  )
