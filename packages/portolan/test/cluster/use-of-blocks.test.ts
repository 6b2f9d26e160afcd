import { describe, expect, test } from '@jest/globals'
import { acquireSubnet, emptyLeases } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { areComplete, useOfBlocks } from '../../src/cluster/use-of-blocks.ts'

const block = '10.64.3.0/24'
const web = 'portolan project=shop network=web'

const networksWith = (facts: HostFacts): readonly string[] | undefined =>
  useOfBlocks([block], { leases: emptyLeases, facts })[0]?.networks

describe('the networks in a block without a lease', () => {
  test('are those whose bridge has an address there', () => {
    const facts = { interfaces: [{ name: 'br-web', alias: web, addresses: ['10.64.3.1/26', 'fe80::1/64'] }] }
    expect(networksWith(facts)).toEqual(['shop/web'])
    expect(useOfBlocks(['10.64.4.0/24'], { leases: emptyLeases, facts })[0]?.networks).toEqual([])
  })

  test('are those that have a route there, on the bridge or to a container', () => {
    const interfaces = [
      { name: 'br-web', alias: web },
      { name: 'veth1', alias: 'portolan project=cni network=pods endpoint=a' },
    ]
    const routes = [
      { destination: '10.64.3.0/26', interface: 'br-web' },
      { destination: '10.64.3.70/32', interface: 'veth1' },
    ]
    expect(networksWith({ interfaces, routes })).toEqual(['shop/web', 'cni/pods'])
  })

  test('are those that are isolated in it, whose bridge has no address', () => {
    const alias = `${web} internal=on ip=isolated subnet=10.64.3.0/26`
    expect(networksWith({ interfaces: [{ name: 'br-web', alias }] })).toEqual(['shop/web'])
  })

  test('are none of another program, nor one that is only on the way to others', () => {
    const interfaces = [
      { name: 'docker0', addresses: ['10.64.3.1/24'] },
      { name: 'br-web', alias: web, addresses: ['10.64.9.1/24'] },
    ]
    const routes = [
      { destination: '10.64.3.0/24', gateway: '10.64.9.7', interface: 'br-web' },
      { destination: 'default', interface: 'br-web' },
    ]
    expect(networksWith({ interfaces, routes })).toEqual([])
  })

  test('may be there for all that is known where leases or interfaces were not read', () => {
    expect(areComplete({ leases: emptyLeases, facts: { interfaces: [] } })).toBe(true)
    expect(areComplete({ leases: null, facts: { interfaces: [] } })).toBe(false)
    expect(areComplete({ leases: emptyLeases, facts: {} })).toBe(false)
    const facts = { interfaces: [{ name: 'br-web', alias: web, addresses: ['10.64.3.1/24'] }] }
    expect(useOfBlocks([block], { leases: null, facts })[0]?.networks).toEqual(['shop/web'])
  })
})

describe('the addresses that remain in a block', () => {
  const remaining = (of: string, leases = emptyLeases): bigint | undefined =>
    useOfBlocks([of], { leases, facts: { interfaces: [] } })[0]?.remaining

  test('are those that containers can have: the gateway of a network takes one of what is free', () => {
    expect(remaining('10.64.3.0/24')).toBe(253n)
    expect(remaining('10.64.3.0/31')).toBe(1n)
    expect(remaining('10.64.3.7/32')).toBe(0n)
    expect(remaining('fd00:1234::/64')).toBe(2n ** 64n - 2n)
  })

  test('are as many once a network has the whole of it', () => {
    const { state } = acquireSubnet(emptyLeases, {
      ...{ kind: 'subnet', project: 'shop', network: 'web', family: 'ip', movedFrom: null },
      ...{ subnet: block, gateway: '10.64.3.1' },
    })
    expect(remaining(block, state)).toBe(253n)
  })
})
