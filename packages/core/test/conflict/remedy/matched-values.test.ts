import { expect, test } from '@jest/globals'
import { field, type NetfilterRule, type NetfilterTable, verdict } from '@portolan/netfilter'
import { matchedValues } from '../../../src/conflict/remedy/matched-values.ts'
import type { DesiredMapping } from '../../../src/contract/index.ts'

const mapping: DesiredMapping = {
  ...{ kind: 'nat', family: 'ip', protocol: 'tcp', hostAddress: null, hostPort: 8080, interface: null },
  ...{ allowFrom: null, label: '8080' },
  targets: [{ service: 'web', replica: 1, network: 'web', address: '172.17.0.1', port: 80, weight: 1 }],
}

test('a set that many rules look in is read once', () => {
  let reads = 0
  const table = {
    ...{ name: 'bans', otherwise: null, complete: true },
    get elements() {
      reads += 1
      return []
    },
  }
  const rule = (position: number): NetfilterRule => ({
    source: {
      ...{ tool: 'nft', family: 'ip', table: 'mine', chain: 'forward', position },
      ...{ handle: position, text: '', comment: null, counters: null },
    },
    steps: [{ kind: 'lookup', key: [field('saddr')], table, negated: false }, verdict('drop')],
  })
  const chain = { name: 'forward', base: null, rules: [rule(1), rule(2), rule(3)] }
  const tables: NetfilterTable[] = [
    { tool: 'nft', family: 'ip', name: 'mine', dormant: false, chains: [chain] },
  ]
  const valuesOf = matchedValues([{ tables }])
  for (const hostPort of [8080, 8081]) valuesOf({ ...mapping, hostPort })
  expect(reads).toBe(1)
})
