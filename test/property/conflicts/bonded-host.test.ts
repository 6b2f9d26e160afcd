import { expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { expectTrue } from './expect-true.ts'
import { hostFacts, look, type Scene } from './look.ts'
import { filter } from './saved.ts'

/** The host of the other tests, with both of its interfaces behind a bond. */
const bonded = (kind: 'bond' | 'team', routes: HostFacts['routes'] = []): HostFacts => ({
  ...hostFacts,
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'bond0', up: true, kind, addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
    { name: 'eth0', up: true, kind: 'ether', master: 'bond0' },
    { name: 'eth1', up: true, kind: 'ether', master: 'bond0' },
    { name: 'wg0', up: true, kind: 'wireguard', addresses: ['10.9.0.1/24'] },
  ],
  routes,
})
const gateway = [{ destination: 'default', gateway: '192.0.2.1', interface: 'bond0' }]

const toldOf = async (scene: Scene): Promise<readonly string[]> => {
  const seen = await look(scene)
  expectTrue(seen)
  return seen.told
}

test.each(['bond', 'team'] as const)(
  'a rule about a %s is found with a default route and without',
  async (kind) => {
    const saved = filter('-A FORWARD -i bond0 -d 172.30.1.10 -j DROP')
    const withRoute = await toldOf({ facts: bonded(kind, gateway), saved })
    expect(withRoute).toContain('error ForwardDropped 0.0.0.0:8080/tcp by iptables-nft filter FORWARD 1')
    expect(await toldOf({ facts: bonded(kind), saved })).toEqual(withRoute)
  },
)

test('a rule about a port of a bond meets no forwarded packet', async () => {
  const saved = filter('-A FORWARD -i eth0 -j DROP')
  expect(await toldOf({ facts: bonded('bond', gateway), saved })).toEqual([])
})

test('a table of bridges leaves packets of a bond alone', async () => {
  const rule = [{ drop: null }]
  const base = { type: 'filter', hook: 'prerouting', prio: 0 } as const
  const nft = [{ family: 'bridge', name: 'guests', chains: [{ name: 'pre', base, rules: [rule] }] }] as const
  const told = await toldOf({ facts: bonded('bond', gateway), nft })
  const plugged = await toldOf({ facts: hostFacts, nft })
  expect(told).toEqual(plugged)
})
