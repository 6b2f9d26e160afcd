import { describe, expect, test } from '@jest/globals'
import { IntentError, type InterfaceFact } from '@portolan/netfilter'
import { type BridgeMark, bridgeAlias, type DesiredNetwork, networkMark } from '../../src/contract/index.ts'
import type { NetworkIntent } from '../../src/intent/index.ts'
import { resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, subnetIntent } from './intent.ts'

const bridge = (name: string, owner: string | null, addresses: readonly string[]): InterfaceFact => {
  const [project = '', network = ''] = owner?.split('/') ?? []
  return {
    name,
    kind: 'bridge',
    up: true,
    addresses,
    ...(owner === null ? {} : { alias: bridgeAlias({ project, network }) }),
  }
}

const find = (
  wish: Partial<NetworkIntent>,
  interfaces: readonly InterfaceFact[],
): DesiredNetwork | undefined =>
  resolve(intent({ networks: [networkIntent({ external: true, ...wish })], endpoints: [] }), { interfaces })
    .desired.networks[0]

const blog = bridge('br-blog', 'blog/web', ['10.5.0.1/16', 'fd00:5::1/64', 'fe80::1/64'])
const wiki = bridge('br-wiki', 'wiki/web', ['10.6.0.1/16'])
const docker = bridge('docker0', null, ['172.30.0.1/16'])

describe('an external network is found', () => {
  test.each<[string, Partial<NetworkIntent>, readonly InterfaceFact[], string]>([
    ['by the name Compose gives it', { externalName: 'blog_web' }, [docker, wiki, blog], 'br-blog'],
    ['by its name in its project', { externalName: 'web' }, [docker, wiki], 'br-wiki'],
    ['by its key when it has no other name', { name: 'web' }, [wiki], 'br-wiki'],
    ['by the name of its interface', { externalName: 'docker0' }, [blog, docker], 'docker0'],
    [
      'by the bridge that the file names',
      { externalName: 'web', bridge: 'docker0' },
      [wiki, docker],
      'docker0',
    ],
    [
      'by its whole name before a network that is called so',
      { externalName: 'blog_web' },
      [bridge('br-odd', 'wiki/blog_web', ['10.7.0.1/16']), blog],
      'br-blog',
    ],
    [
      'by the alias of a network before the name of an interface',
      { externalName: 'web' },
      [bridge('web', null, []), wiki],
      'br-wiki',
    ],
  ])('%s', (_, wish, interfaces, expected) => {
    expect(find(wish, interfaces)?.bridge).toBe(expected)
  })

  test('with the subnets its bridge has, of which link-local is none', () => {
    expect(find({ externalName: 'blog_web', mtu: 1400 }, [blog])).toEqual({
      name: 'web',
      bridge: 'br-blog',
      external: true,
      internal: false,
      icc: true,
      mtu: null,
      ip: { subnet: '10.5.0.0/16', gateway: '10.5.0.1', mode: 'nat', masquerade: true },
      ip6: { subnet: 'fd00:5::/64', gateway: 'fd00:5::1', mode: 'nat', masquerade: true },
    })
  })

  test('with the first address of a family as its gateway', () => {
    const two = bridge('br0', null, ['10.5.0.1/16', '10.6.0.1/16'])
    expect(find({ externalName: 'br0' }, [two])).toMatchObject({ ip: { gateway: '10.5.0.1' }, ip6: null })
  })

  test('in the mode the file says, without masquerade where that is routed', () => {
    const routed = { externalName: 'docker0', ip: subnetIntent({ mode: 'routed' as const }) }
    expect(find(routed, [docker])?.ip).toMatchObject({ mode: 'routed', masquerade: false })
  })
})

describe('an external network that is not there', () => {
  test('is a mistake with its place, and says what to do', () => {
    expect(() => find({ externalName: 'shop_web' }, [docker])).toThrow(IntentError)
    expect(() => find({ externalName: 'shop_web' }, [docker])).toThrow(
      'compose.yaml:3:5: the external network shop_web is not on this host: no bridge of ours belongs to it, no interface has that name, and no network of Docker, Podman, CNI or libvirt that could be read has it. Create it first',
    )
  })
})

describe('an external network of the host', () => {
  const facts = { interfaces: [docker] }
  const onDocker = intent({
    networks: [networkIntent({ external: true, externalName: 'docker0' })],
    endpoints: [endpointIntent(), endpointIntent({ service: 'api' })],
    mappings: [mappingIntent('8080:80')],
  })

  test('gets no subnet planned, gives addresses and has ports', () => {
    const { desired, subnets, conflicts } = resolve(onDocker, facts)
    expect(subnets).toEqual([])
    expect(conflicts).toEqual([])
    expect(desired.endpoints.map(({ ip }) => ip)).toEqual(['172.30.0.2', '172.30.0.3'])
    expect(desired.mappings.map(({ label, targets }) => `${label} at ${targets[0].address}`)).toEqual([
      '0.0.0.0:8080/tcp -> nginx:80 at 172.30.0.2',
    ])
  })

  test('without an address publishes nothing, and says so', () => {
    const bare = { interfaces: [bridge('docker0', null, [])] }
    const { desired, notes } = resolve(onDocker, bare)
    expect(desired.mappings).toEqual([])
    expect(notes.map(({ text }) => text)).toEqual([
      'A port of nginx: network web has no address, so nothing is published.',
    ])
  })
})

describe('an external network of another project', () => {
  const marked = (mark: Partial<BridgeMark>): InterfaceFact => ({
    ...blog,
    alias: bridgeAlias({ project: 'blog', network: 'web', ...mark }),
  })
  const joined = (wish: Parameters<typeof intent>[0] = {}) =>
    intent({ networks: [networkIntent({ external: true, externalName: 'blog_web' })], ...wish })

  test('is what that project made it, whatever the file that joins it leaves out', () => {
    const settled = (mark: Partial<BridgeMark>) => find({ externalName: 'blog_web' }, [marked(mark)])
    expect(settled({ icc: false, internal: true })).toMatchObject({
      icc: false,
      internal: true,
      ip: { masquerade: false },
    })
    expect(settled({ masquerade: false })?.ip).toMatchObject({ mode: 'nat', masquerade: false })
    expect(settled({ mode: { ip: 'routed', ip6: 'nat-unprotected' } })).toMatchObject({
      ip: { mode: 'routed', masquerade: false },
      ip6: { mode: 'nat-unprotected', masquerade: true },
    })
  })

  test('comes back from its alias as it was settled', () => {
    const own = networkIntent({
      icc: false,
      masquerade: false,
      ip: subnetIntent({ mode: 'nat-unprotected' }),
      ip6: subnetIntent({ mode: 'routed' }),
    })
    const [made] = resolve(intent({ project: 'blog', networks: [own], endpoints: [] }), {}).desired.networks
    if (made === undefined) throw new Error('no network')
    const addresses = [made.ip, made.ip6].map(
      (subnet) => `${subnet?.gateway}${subnet?.subnet.slice(subnet.subnet.lastIndexOf('/'))}`,
    )
    const link = { ...bridge(made.bridge, null, addresses), alias: bridgeAlias(networkMark('blog', made)) }
    expect(find({ externalName: 'blog_web' }, [link])).toEqual({ ...made, external: true })
  })

  test('publishes no ports when it is internal there', () => {
    const mappings = [mappingIntent('8080:80')]
    expect(() => resolve(joined({ mappings }), { interfaces: [marked({ internal: true })] })).toThrow(
      'compose.yaml:3:5: a port of nginx is published on the external network web, which project blog made internal',
    )
    expect(resolve(joined({ mappings }), { interfaces: [blog] }).desired.mappings).toHaveLength(2)
  })

  test('gives no address that a foreign published port leads to', () => {
    const target = { address: '10.5.0.2', port: 80 }
    const other = { project: 'blog', label: 'x', family: 'ip', protocol: 'tcp', hostAddress: null } as const
    const others = [{ ...other, hostPort: 9090, interface: null, targets: [target] }]
    const { desired } = resolve(joined(), { interfaces: [blog] }, { others })
    expect(desired.endpoints.map(({ ip }) => ip)).toEqual(['10.5.0.3'])
  })

  test('has addresses that may be in use, which is said once, unless they are given', () => {
    const told = (endpoints: Parameters<typeof endpointIntent>[0][], link = blog, project = 'shop') =>
      resolve(
        joined({
          project,
          endpoints: endpoints.map(endpointIntent),
          networks: [networkIntent({ external: true, externalName: link.name ?? '' })],
        }),
        { interfaces: [link] },
      ).notes.map(({ text }) => text)
    expect(told([{}, { service: 'api' }, { service: 'b' }, { service: 'c' }])).toEqual([
      'The address of nginx, api, b and 1 more on the external network web may already be in use there: its bridge br-blog is of project blog, and not every address in use there is known. Settle it with ipv4_address (ipv6_address).',
    ])
    expect(told([{}], docker)[0]).toContain('its bridge docker0 is not ours')
    expect(told([{ ip: '10.5.0.9', ip6: 'fd00:5::9' }])).toEqual([])
    expect(told([{}], blog, 'blog')).toEqual([])
  })
})

test('an external network is what the facts say of it, when its bridge is not up yet', () => {
  const wish = intent({
    networks: [networkIntent({ external: true, externalName: 'podman' })],
    endpoints: [],
  })
  const networks = [
    { engine: 'podman', name: 'podman', subnets: ['10.88.0.0/16', 'fd00:88::/64'], bridge: 'podman0' },
  ]
  expect(resolve(wish, { networks }).desired.networks[0]).toMatchObject({
    bridge: 'podman0',
    external: true,
    ip: { subnet: '10.88.0.0/16', gateway: '10.88.0.1' },
    ip6: { subnet: 'fd00:88::/64', gateway: 'fd00:88::1' },
  })
  const up = [bridge('podman0', null, ['10.88.0.254/16'])]
  expect(resolve(wish, { networks, interfaces: up }).desired.networks[0]).toMatchObject({
    ip: { subnet: '10.88.0.0/16', gateway: '10.88.0.254' },
  })
  const [network] = networks
  const without = [{ engine: 'podman', name: network?.name ?? '', subnets: network?.subnets ?? [] }]
  const left = resolve(wish, { networks: without })
  expect(left.desired.networks).toEqual([])
  expect(left.notes[0]?.text).toMatch(/podman has no bridge that is known/)
})
