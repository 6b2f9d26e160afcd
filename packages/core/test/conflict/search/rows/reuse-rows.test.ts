import { expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import fc from 'fast-check'
import { readHostFacts } from '../../../../../netfilter/src/evaluate/packet/host.ts'
import { plannedFacts } from '../../../../src/conflict/search/planned-host/planned-facts.ts'
import { closedMappingRows } from '../../../../src/conflict/search/rows/closed-mapping-rows.ts'
import { mappingRows } from '../../../../src/conflict/search/rows/mapping-rows.ts'
import { reuseRows } from '../../../../src/conflict/search/rows/reuse-rows.ts'
import type { Row } from '../../../../src/conflict/search/rows/row.ts'
import { surroundingsOf } from '../../../../src/conflict/search/rows/surroundings.ts'
import type { DesiredMapping, DesiredState } from '../../../../src/contract/index.ts'
import { mapping, network } from '../../../contract/state.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
    { name: 'eth1', up: true, addresses: ['203.0.113.2/24'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
}

const inside = (name: 'web' | 'db', third: number) =>
  network(name, {
    bridge: `br-${name}`,
    ip: { subnet: `172.17.${third}.0/24`, gateway: `172.17.${third}.1`, mode: 'nat', masquerade: true },
    ip6: null,
  })

const networks = [inside('web', 1), inside('db', 2)]

const targets = fc
  .record({
    network: fc.constantFrom('web', 'db'),
    last: fc.constantFrom(2, 3),
    port: fc.constantFrom(80, 81),
  })
  .map(({ network: name, last, port }) => ({
    ...{ service: name, replica: 1, network: name, port, weight: 1 },
    address: `172.17.${name === 'web' ? 1 : 2}.${last}`,
  }))

const allowed = [null, ['198.51.100.0/24'], []] as const

/** Few values for each part, so that most mappings resemble the mapping before. */
const mappings: fc.Arbitrary<readonly DesiredMapping[]> = fc.array(
  fc
    .record({
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      kind: fc.constantFrom('nat' as const, 'nat' as const, 'direct' as const),
      hostAddress: fc.constantFrom(null, null, '192.0.2.2', '127.0.0.1'),
      hostPort: fc.constantFrom(80, 8080, 8081),
      interface: fc.constantFrom(null, null, 'eth1'),
      allowFrom: fc.constantFrom(...allowed),
      targets: fc
        .tuple(targets, fc.array(targets, { maxLength: 1 }))
        .map(([one, more]) => [one, ...more] as const),
    })
    .map((wish) => mapping(wish)),
  { minLength: 1, maxLength: 12 },
)

/** A row that does not tell is of no engine. */
const told = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => ({ ...row, isFromEngine: row.isFromEngine === true }))

test.each([
  ['promised', mappingRows],
  ['closed', closedMappingRows],
] as const)('rows that are made from those of the mapping before are as if made alone: %s', (_, rowsOf) => {
  fc.assert(
    fc.property(mappings, (some) => {
      const desired: DesiredState = {
        ...{ project: 'shop', networks, endpoints: [], guardForwarding: false },
        mappings: some,
      }
      const planned = plannedFacts(desired, facts, true)
      const around = surroundingsOf(readHostFacts(planned), planned, desired, 'ip')
      const alone = (one: DesiredMapping) => rowsOf(desired, one, around, new Map())
      const reused = reuseRows(alone)
      for (const one of some) expect(told(reused(one))).toEqual(told(alone(one)))
    }),
  )
})
