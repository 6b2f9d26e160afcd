import { expect, test } from '@jest/globals'
import type { FlowFact, HostFacts } from '@portolan/netfilter'
import { findStaleConntrack } from '../../src/conflict/index.ts'
import { mapping } from '../contract/state.ts'

const dns = mapping({ label: '0.0.0.0:53/udp -> dns:53', protocol: 'udp', hostPort: 53 })

const flow = (wish: Partial<FlowFact> = {}): FlowFact => ({
  protocol: 'udp',
  source: '198.51.100.7',
  sourcePort: 40_000,
  destination: '192.0.2.2',
  destinationPort: 53,
  answeredBy: { address: '172.18.0.5', port: 53 },
  ...wish,
})

const facts = (...flows: readonly FlowFact[]): HostFacts => ({
  interfaces: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }],
  flows,
})

test('flows that a foreign rule has bound are told once, with how to forget them', () => {
  expect(
    findStaleConntrack({ project: 'shop', mappings: [dns] }, facts(flow(), flow({ sourcePort: 40_001 })), []),
  ).toMatchObject([
    {
      kind: 'StaleConntrack',
      severity: 'warning',
      mapping: '0.0.0.0:53/udp -> dns:53',
      message: expect.stringMatching(/^2 flows .* are bound to 172\.18\.0\.5:53 already/),
      culprit: { tool: 'conntrack', text: 'udp 198.51.100.7:40000 -> 192.0.2.2:53 -> 172.18.0.5:53' },
      remedy: { commands: ['conntrack -D -f ipv4 -p udp --orig-port-dst 53 --reply-src 172.18.0.5'] },
    },
  ])
})

test('flows that are bound to several places are all forgotten, at the address of the mapping alone', () => {
  const bound = mapping({ ...dns, hostAddress: '192.0.2.2' })
  const [conflict] = findStaleConntrack(
    { project: 'shop', mappings: [bound] },
    facts(flow(), flow({ answeredBy: { address: '172.18.0.6', port: 53 } }), flow({ sourcePort: 40_001 })),
    [],
  )
  expect(conflict).toMatchObject({
    message: expect.stringMatching(
      /^3 flows .* are bound to 172\.18\.0\.5:53 and to one other place already/,
    ),
    remedy: {
      commands: ['172.18.0.5', '172.18.0.6'].map(
        (place) => `conntrack -D -f ipv4 -p udp --orig-dst 192.0.2.2 --orig-port-dst 53 --reply-src ${place}`,
      ),
    },
  })
})

test.each<[string, string, string | null]>([
  ['another machine', '192.0.2.7', 'eth0'],
  ['a machine that is known by its route', '203.0.113.7', 'eth1'],
  ['the host', '192.0.2.2', null],
])('a flow of %s is shown as it comes in', (_, source, device) => {
  const routes = [{ destination: '203.0.113.0/24', interface: 'eth1', gateway: '198.51.100.9' }]
  const [conflict] = findStaleConntrack(
    { project: 'shop', mappings: [dns] },
    { ...facts(flow({ source })), routes },
    [],
  )
  expect(conflict?.witness).toMatchObject({ in: device, source, destinationPort: 53, state: 'established' })
})

test.each<[string, FlowFact]>([
  ['to another port', flow({ destinationPort: 54 })],
  ['of another protocol', flow({ protocol: 'tcp' })],
  ['to another machine', flow({ destination: '192.0.2.9' })],
  ['of the other family', flow({ destination: '2001:db8::2' })],
  ['to the very container', flow({ answeredBy: { address: '172.17.0.2', port: 80 } })],
])('a flow %s is nothing to tell', (_, one) => {
  expect(findStaleConntrack({ project: 'shop', mappings: [dns] }, facts(one), [])).toEqual([])
})

test('flows to a place that a mapping of ours leads to are forgotten by the plan itself', () => {
  expect(
    findStaleConntrack({ project: 'shop', mappings: [dns] }, facts(flow()), [
      { address: '172.18.0.5', port: 53 },
    ]),
  ).toEqual([])
})
