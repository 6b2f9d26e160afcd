import { describe, expect, test } from '@jest/globals'
import { type Flow, type FlowSource, type Reach, reach, readCompose, resolve } from '@portolan/core'
import type { ProbeProtocol } from '../lab/probe.ts'
import { forgedFlows, titleOf } from './contract/forged-sources.ts'
import { behindContainer, masqueraded, notMasqueraded } from './contract/leaving.ts'
import type { Expected, Row } from './contract/row.ts'
import { networkRows } from './contract/rows-networks.ts'
import { openingRows } from './contract/rows-openings.ts'
import { publishedRows } from './contract/rows-published.ts'
import {
  addressOf,
  compose,
  containers,
  type Family,
  hostAddresses,
  isContainer,
  type Sender,
} from './contract/scenario.ts'

/**
 * The contract as a function must agree, row by row, with what the kernel tests demand of real packets. Both were
 * written separately, so each checks the other.
 */
const { desired } = resolve(readCompose(compose, { source: 'compose.yaml' }), {})

const sourceOf = (asker: Sender, family: Family): FlowSource => {
  if (asker === 'host') return { kind: 'host', address: null }
  const address = addressOf(asker, family)
  if (isContainer(asker)) return { kind: 'container', network: containers[asker][0], address }
  return { kind: 'machine', address, interface: asker === 'outside' || asker === 'distant' ? 'eth1' : 'eth0' }
}

const flowOf = (row: Row, family: Family, protocol: ProbeProtocol): Flow => ({
  family,
  protocol: protocol === 'icmp' ? 'echo-request' : protocol,
  from: sourceOf(row.from, family),
  to: { address: addressOf(row.to, family), port: row.port },
})

const agrees = (expected: Expected, found: Reach, family: Family): boolean => {
  switch (expected.kind) {
    case 'dropped':
      return found.kind === 'dropped'
    case 'not to a container':
      return found.kind === 'local' || found.kind === 'dropped'
    case 'refused':
      // The packet arrives at a port without a listener. The contract knows nothing of listeners.
      return found.kind === 'delivered'
    case 'delivered': {
      const { to, port, source } = expected
      if (!isContainer(to)) {
        if (to === 'host') return found.kind === 'local'
        if (found.kind === 'foreign') return true
        if (found.kind !== 'outside') return false
        return source === 'any' || (source === 'own') === (found.seenAs === 'own')
      }
      if (found.kind !== 'delivered') return false
      const isThere = found.to.some((end) => end.address === addressOf(to, family) && end.port === port)
      const seen = { own: 'own', gateway: 'gateway', host: 'a host address' }[found.seenAs]
      return isThere && (source === 'any' || source === seen)
    }
  }
}

describe('the function reach', () => {
  const rows = [...publishedRows, ...networkRows, ...openingRows]

  test.each(rows.map((row) => [row.title, row] as const))('%s', (_title, row) => {
    const disagreements = row.families.flatMap((family) =>
      row.protocols.flatMap((protocol) => {
        const flow = flowOf(row, family, protocol)
        const found = reach(desired, flow, { addresses: hostAddresses(family) })
        return agrees(row.expected, found, family) ? [] : [{ flow, expected: row.expected, found }]
      }),
    )
    expect(disagreements).toEqual([])
  })

  test.each(forgedFlows.map((flow) => [titleOf(flow), flow] as const))(
    'a forged packet from %s is dropped',
    (_title, flow) => {
      const kinds = (['ip', 'ip6'] as const).map((family) => {
        const to = { address: addressOf(flow.to, family), port: flow.port }
        const from = { ...sourceOf(flow.from, family), address: addressOf(flow.source, family) }
        return reach(desired, { family, protocol: 'tcp', from, to }, { addresses: hostAddresses(family) })
          .kind
      })
      expect(kinds).toEqual(['dropped', 'dropped'])
    },
  )

  test.each([
    ...masqueraded.map((name) => [name, 'dropped'] as const),
    ...notMasqueraded.map((name) => [name, 'outside'] as const),
  ])('a packet of %s with a source outside its network: %s', (name, kind) => {
    for (const family of ['ip', 'ip6'] as const) {
      const from = { ...sourceOf(name, family), address: behindContainer[family] }
      const to = { address: addressOf('outside', family), port: 7000 }
      const found = reach(
        desired,
        { family, protocol: 'udp', from, to },
        { addresses: hostAddresses(family) },
      )
      expect(found.kind).toBe(kind)
    }
  })
})
