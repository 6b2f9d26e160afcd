import fc from 'fast-check'
import type { Family } from '../differential/scene.ts'
import { one, port } from '../differential/vocabulary.ts'
import { allExtraAddresses } from './extra-addresses.ts'

/** The number of rules in a grown firewall. */
const most = 400

interface Ban {
  readonly sides: readonly (readonly [side: 's' | 'd', address: string])[]
  readonly ports: readonly [protocol: 'tcp' | 'udp', side: 'sport' | 'dport', port: number] | null
  readonly drops: boolean
}

/** A ban of one or two addresses of the crowd, sometimes also of a port of a service or a client. */
const ban = (family: Family): fc.Arbitrary<Ban> => {
  const address = one(...allExtraAddresses(family))
  return fc.record({
    sides: fc.oneof(
      fc.tuple(one('s', 'd'), address).map((side) => [side]),
      fc.tuple(address, address).map(([from, to]) => [['s', from] as const, ['d', to] as const]),
    ),
    ports: fc.option(
      fc.tuple(
        one('tcp', 'udp'),
        one('sport', 'dport', 'dport'),
        fc.oneof(port, fc.integer({ min: 1, max: 65535 })),
      ),
      { freq: 2 },
    ),
    drops: one(true, true, true, false),
  })
}

const bans = (family: Family): fc.Arbitrary<readonly Ban[]> =>
  fc.array(ban(family), { minLength: 12, maxLength: most, size: 'max' })

/** Lines for `iptables-restore`. */
export const crowdedLines = (family: Family, chain: string): fc.Arbitrary<readonly string[]> =>
  bans(family).map((all) =>
    all.map(({ sides, ports, drops }) =>
      [
        `-A ${chain}`,
        ...sides.map(([side, address]) => `-${side} ${address}`),
        ...(ports === null ? [] : [`-p ${ports[0]} -m ${ports[0]} --${ports[1]} ${ports[2]}`]),
        `-j ${drops ? 'DROP' : 'ACCEPT'}`,
      ].join(' '),
    ),
  )

/** Lines of a chain for `nft -f`. */
export const crowdedStatements = (family: Family): fc.Arbitrary<readonly string[]> =>
  bans(family).map((all) =>
    all.map(({ sides, ports, drops }) =>
      [
        ...sides.map(([side, address]) => `${family} ${side === 's' ? 'saddr' : 'daddr'} ${address}`),
        ...(ports === null ? [] : [`${ports[0]} ${ports[1]} ${ports[2]}`]),
        drops ? 'drop' : 'accept',
      ].join(' '),
    ),
  )
