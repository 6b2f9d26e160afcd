import { describe, expect, test } from '@jest/globals'
import {
  bridgeAlias,
  commitLeases,
  emptyLeases,
  endpointAlias,
  type LeaseState,
  listLeases,
  readCompose,
  resolve,
} from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'

const web =
  'web: {enable_ipv6: true, ipam: {config: [{subnet: 172.17.0.0/16, gateway: 172.17.42.1}, {subnet: "fd00:1::/64"}]}}'

const compose = (services: string) =>
  readCompose(`name: shop\nnetworks:\n  ${web}\nservices:\n${services}`, { source: 'compose.yaml' })

const onWeb = (...names: readonly string[]): string =>
  names.map((name) => `  ${name}: {networks: [web]}\n`).join('')

/** A host whose leases were lost, with endpoints attached to the network. */
const host = (up: Readonly<Record<string, readonly string[]>>): HostFacts => ({
  interfaces: [
    {
      ...{ name: 'br-web', kind: 'bridge', up: true },
      alias: bridgeAlias({ project: 'shop', network: 'web' }),
      addresses: ['172.17.42.1/16', 'fd00:1::1/64'],
    },
    ...Object.entries(up).map(([endpoint, addresses], index) => ({
      name: `ve-${index}`,
      index,
      alias: endpointAlias({ project: 'shop', network: 'web', endpoint }),
      inside: { mac: '02:42:00:00:00:07', addresses },
    })),
  ],
})

const settle = (leases: LeaseState, intent: ReturnType<typeof compose>, facts: HostFacts) => {
  const answer = resolve(intent, facts, { leases })
  return {
    leases: commitLeases(leases, answer.leases).state,
    addresses: Object.fromEntries(
      answer.desired.endpoints.map(({ service, ip, ip6 }) => [service, [ip, ip6]]),
    ),
  }
}

describe('endpoints that are attached without a lease', () => {
  test('keep their addresses: services get what they have up, and no other service gets it', () => {
    const facts = host({ b: ['172.17.0.1/16', 'fd00:1::2/64'], job: ['172.17.0.2/16', 'fd00:1::3/64'] })
    const { addresses, leases } = settle(emptyLeases, compose(onWeb('a', 'b', 'c')), facts)
    expect(addresses).toEqual({
      a: ['172.17.0.3', 'fd00:1::4'],
      b: ['172.17.0.1', 'fd00:1::2'],
      c: ['172.17.0.4', 'fd00:1::5'],
    })
    const ofJob = listLeases(leases).filter((one) => one.kind === 'address' && one.holder.service === 'job')
    expect(ofJob).toMatchObject([
      { address: '172.17.0.2', mac: '02:42:00:00:00:07', released: null },
      { address: 'fd00:1::3', released: null },
    ])
    expect(ofJob.some((one) => 'planned' in one)).toBe(false)
    // It is the same plan again, whether or not the ends inside are read.
    expect(settle(leases, compose(onWeb('a', 'b', 'c')), facts).addresses).toEqual(addresses)
  })

  test('go by their lease where they have one', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('a', 'b')), host({}))
    const facts = host({ b: ['172.17.0.9/16'] })
    expect(settle(leases, compose(onWeb('a', 'b')), facts).addresses).toMatchObject({
      a: ['172.17.0.1', expect.any(String)],
      b: ['172.17.0.2', expect.any(String)],
    })
  })

  test('give way to an address that the file names for them, and keep theirs from one it names for others', () => {
    const named = (service: string, address: string): string =>
      `  ${service}: {networks: {web: {ipv4_address: ${address}}}}\n`
    const facts = host({ b: ['172.17.0.1/16'], job: ['172.17.0.2/16'] })
    expect(settle(emptyLeases, compose(named('b', '172.17.0.8')), facts).addresses).toMatchObject({
      b: ['172.17.0.8', expect.any(String)],
    })
    expect(() => settle(emptyLeases, compose(named('a', '172.17.0.2')), facts)).toThrow(
      /a asks for 172\.17\.0\.2 on network web, which is leased to job of project shop/,
    )
  })

  test('of which the addresses are no addresses of the network are no reason to refuse a plan', () => {
    const facts = host({ b: ['192.0.2.7/24'], job: ['172.17.42.1/16', '198.51.100.3/24'], gone: [] })
    expect(settle(emptyLeases, compose(onWeb('a', 'b')), facts).addresses).toMatchObject({
      a: ['172.17.0.1', expect.any(String)],
      b: ['172.17.0.2', expect.any(String)],
    })
  })
})
