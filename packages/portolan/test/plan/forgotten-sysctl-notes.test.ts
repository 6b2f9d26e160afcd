import { expect, test } from '@jest/globals'
import { acquireSubnet, bridgeNetwork, emptyLeases, type LeaseState } from '@portolan/core'
import { forgottenSysctlNotes } from '../../src/plan/forgotten-sysctl-notes.ts'

const bridge = { name: 'br-web', alias: 'portolan project=shop network=web', addresses: ['10.9.0.1/24'] }
const forwards = { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' }

const told = ({
  leases = emptyLeases as LeaseState | null,
  setBefore = [] as readonly string[] | undefined,
  interfaces = [bridge],
  sysctls = forwards as Readonly<Record<string, string>>,
} = {}): readonly string[] => {
  const network = bridgeNetwork(bridge)?.network
  const networks = network === undefined ? [] : [network]
  return forgottenSysctlNotes(
    { project: 'shop', networks },
    { facts: { interfaces, sysctls }, leases, setBefore },
  )
}

const leased = acquireSubnet(emptyLeases, {
  ...{ kind: 'subnet', project: 'shop', network: 'web', family: 'ip', subnet: '10.9.0.0/24' },
  ...{ gateway: '10.9.0.1', movedFrom: null },
}).state

test('forwarding is told where a network is up that the state directory does not remember', () => {
  expect(told()).toEqual([
    expect.stringMatching(
      /project shop \(web\).*set net\.ipv4\.ip_forward to 1.*`sysctl -w net\.ipv4\.ip_forward=0`/,
    ),
  ])
})

test.each([
  ['it remembers the network', { leases: leased }],
  ['it remembers what forwarding was before', { setBefore: ['net.ipv4.ip_forward'] }],
  ['the host does not forward', { sysctls: { 'net.ipv4.ip_forward': '0' } }],
  ['nothing of the project is up', { interfaces: [] }],
  ['nothing is known of leases', { leases: null }],
])('nothing is told where %s', (_why, known) => {
  expect(told(known)).toEqual([])
})
