import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import {
  bridgeAlias,
  parsePool,
  planSubnets,
  type SubnetPlanOptions,
  type SubnetRequest,
} from '../../src/index.ts'

const plan = (facts: HostFacts, pool: string, options: SubnetPlanOptions = {}) =>
  planSubnets(
    facts,
    [{ network: 'web', family: pool.includes('::') ? 'ip6' : 'ip' }],
    [parsePool(pool)],
    options,
  )[0]
const podman = {
  engine: 'podman',
  name: 'web',
  subnets: ['10.89.0.0/24'],
  bridge: 'podman1',
  file: '/etc/containers/networks/web.json',
}

describe('a network that another engine has defined', () => {
  test('is passed over while it is down, and its file is named', () => {
    expect(plan({ networks: [podman] }, '10.89.0.0/16:24')).toMatchObject({
      subnet: '10.89.1.0/24',
      rejected: [
        {
          kind: 'network',
          overlaps: '10.89.0.0/24',
          detail: "podman's network web (10.89.0.0/24), defined in /etc/containers/networks/web.json",
        },
      ],
    })
  })
  test('does not stand in the way of the network of ours that it is, and of every other', () => {
    const facts: HostFacts = { networks: [{ ...podman, own: { project: 'podman', network: 'web' } }] }
    const overlaps = (network: string, project: string) =>
      planSubnets(facts, [{ network, family: 'ip', subnet: '10.89.0.0/24' }], undefined, { project })[0]
        ?.overlaps
    expect(overlaps('web', 'podman')).toEqual([])
    expect(overlaps('web', 'shop')).toHaveLength(1)
    expect(overlaps('db', 'podman')).toHaveLength(1)
  })
  test('hides no route or address inside it, which may be up while the network is not', () => {
    const facts: HostFacts = {
      networks: [{ ...podman, subnets: ['10.89.0.0/16'] }],
      routes: [{ destination: '10.89.7.0/24', interface: 'wg0', table: 254 }],
    }
    const [found] = planSubnets(facts, [{ network: 'web', family: 'ip', subnet: '10.89.7.0/24' }])
    expect(found?.overlaps.map(({ kind }) => kind).sort()).toEqual(['network', 'route'])
  })
  test('hides no bridge of ours, where it is a network of our plugin', () => {
    const own = { project: 'podman', network: 'web' }
    const facts: HostFacts = {
      networks: [{ ...podman, own }],
      interfaces: [{ name: 'podman1', up: true, alias: bridgeAlias(own), addresses: ['10.89.0.1/24'] }],
    }
    const overlapped = (wanted: readonly SubnetRequest[]) =>
      planSubnets(facts, wanted, undefined, { project: 'podman' }).find(({ network }) => network === 'db')
        ?.overlaps
    const db = { network: 'db', family: 'ip', subnet: '10.89.0.0/24' } as const
    expect(overlapped([{ network: 'web', family: 'ip' }, db])).toMatchObject([
      { kind: 'address', isManaged: true, interface: 'podman1' },
    ])
  })
  test('is named with its file when it is up too, as whose the route is', () => {
    const facts: HostFacts = {
      networks: [podman],
      interfaces: [{ name: 'podman1', up: true, addresses: ['10.89.0.1/24'] }],
      routes: [{ destination: '10.89.0.0/24', interface: 'podman1', table: 254 }],
    }
    const detail = plan(facts, '10.89.0.0/16:24')?.rejected.map((one) => one.detail)
    expect(detail).toEqual([
      "route 10.89.0.0/24 via podman1 in table main, podman's network web, defined in /etc/containers/networks/web.json",
    ])
    const { routes: _, ...addressOnly } = facts
    expect(plan(addressOnly, '10.89.0.0/16:24')?.rejected[0]?.detail).toBe(
      "address 10.89.0.1/24 of podman1, podman's network web, defined in /etc/containers/networks/web.json",
    )
  })
  test("a running bridge that no file names is known by its name: Docker's database is not read", () => {
    const facts: HostFacts = {
      interfaces: [{ name: 'br-0a1b2c3d4e5f', up: true, addresses: ['172.18.0.1/16'] }],
    }
    expect(plan(facts, '172.18.0.0/15:16')?.rejected[0]?.detail).toBe(
      "address 172.18.0.1/16 of br-0a1b2c3d4e5f, docker's by its name",
    )
  })
  test('is no overlap for the external network that is this very bridge', () => {
    const facts: HostFacts = {
      networks: [podman],
      interfaces: [{ name: 'podman1', up: true, addresses: ['10.89.0.1/24'] }],
    }
    const [held] = planSubnets(facts, [{ network: 'web', family: 'ip', bridge: 'podman1' }])
    expect(held).toMatchObject({ subnet: '10.89.0.0/24', origin: 'held', overlaps: [] })
    const [fixed] = planSubnets(facts, [{ network: 'web', family: 'ip', subnet: '10.89.0.0/24' }])
    expect(fixed?.overlaps).toHaveLength(1)
  })
  test('on loopback or link-local addresses collides with nothing', () => {
    expect(
      plan(
        { networks: [{ engine: 'netplan', name: 'lo', subnets: ['::/0', 'fe80::/64'] }] },
        'fd00:1::/48:64',
      )?.rejected,
    ).toEqual([])
  })
})

describe("the clouds' addresses", () => {
  test.each([
    ['169.254.169.253', "EC2's resolver"],
    ['172.16.0.23', "EC2's resolver"],
    ['169.254.169.254', "the cloud's metadata service"],
    ['fd00:ec2::254', "EC2's metadata service"],
    ['fd20:ce::254', "Google Cloud's resolver and metadata service"],
    ['168.63.129.16', "Azure's resolver and metadata service"],
    ['100.100.2.136', "Alibaba Cloud's resolver"],
    ['100.100.2.138', "Alibaba Cloud's resolver"],
  ])('%s is in the way on every host, as %s', (address, service) => {
    const family = address.includes(':') ? 'ip6' : 'ip'
    const subnet = `${address}/${family === 'ip6' ? 124 : 28}`
    const [around] = planSubnets({}, [{ network: 'web', family, subnet }])
    expect(around?.overlaps.map(({ detail }) => detail)).toContain(`${service} ${address}`)
  })
})

describe('Tailscale', () => {
  const facts: HostFacts = { interfaces: [{ name: 'tailscale0', up: true, addresses: ['100.101.2.3/32'] }] }

  test('takes its whole range when its interface is there', () => {
    expect(() => plan(facts, '100.64.0.0/10:16')).toThrow(
      /tailscale's network tailscale0 \(100\.64\.0\.0\/10\)/,
    )
    expect(() => plan(facts, 'fd7a:115c:a1e0::/48:64')).toThrow(/tailscale's network/)
  })
  test('takes nothing where it is not, and what is allowed is given', () => {
    expect(plan({}, '100.64.0.0/10:16')?.subnet).toBe('100.64.0.0/16')
    expect(plan(facts, '100.64.0.0/10:16', { allow: ['100.64.0.0/10'] })?.subnet).toBe('100.64.0.0/16')
  })
})

test('a reserved range says which file reserves it', () => {
  const reserve = [{ range: '10.9.0.0/24', from: '/etc/portolan/config.yaml:3' }, '10.9.1.0/24']
  expect(plan({}, '10.9.0.0/16:24', { reserve })?.rejected.map(({ detail }) => detail)).toEqual([
    '10.9.0.0/24 is reserved in /etc/portolan/config.yaml:3',
    '10.9.1.0/24 is reserved by the user',
  ])
})
