import { describe, expect, test } from '@jest/globals'
import { acquireSubnet, emptyLeases, type LeaseState, type RouteHolder } from '@portolan/core'
import { emptyState, type HostState } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { planRemoval, type Removal } from '../../src/destroy/plan-removal.ts'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'
import { after, backends, bridge, forwards, intentOf, planOf } from '../shop.ts'

const blog = intentOf(
  'services: {ghost: {ports: ["9090:2368"], networks: [web]}}\nnetworks: {web: {}}',
  'blog',
)

const remove = (
  host: { readonly facts: HostFacts; readonly rules: HostRules },
  project: string | null = null,
  state: HostState = emptyState,
  routesOf: RouteHolder | null = null,
): Removal =>
  planRemoval({
    ...host,
    surroundings: { rules: host.rules, unread: [], settings: [] },
    ...{ project, state, leases: null, stateDirectory: '/state', live: [], routesOf },
  })

const inWords = ({ changes }: Removal): readonly string[] =>
  changes.map(({ part, action, object }) => `${part} ${action} ${object}`)

const parts = ({ changes }: Removal): readonly string[] =>
  changes.map(({ part }) => part).filter((part, index, all) => part !== all[index - 1])

describe('the removal of all that is ours', () => {
  test.each(backends)('of %s takes bridges and rules, and needs no intent', (backend) => {
    const removal = remove(after(planOf({ backend })))
    expect(removal).toMatchObject({ projects: ['shop'], complete: true })
    expect(inWords(removal)[0]).toBe(`link remove bridge ${bridge}`)
    expect(parts(removal)).toEqual(['link', backend])
    expect(removal.changes.every(({ action }) => action === 'remove')).toBe(true)
    expect(removal.summary).toEqual({ add: 0, change: 0, remove: removal.changes.length })
    expect(removal.withdrawn.map(({ label }) => label)).toEqual(['0.0.0.0:8080/tcp -> nginx:80'])
  })

  test('takes rules of every backend', () => {
    const first = after(planOf({ backend: 'nftables' }))
    const rules = {
      ...first.rules,
      'iptables-legacy': after(planOf({ backend: 'iptables-legacy' })).rules['iptables-legacy'],
    }
    expect(parts(remove({ ...first, rules }))).toEqual(['link', 'nftables', 'iptables-legacy'])
  })

  test('takes every project', () => {
    const both = after(planOf({ ...after(planOf()), intent: blog }))
    const removal = remove(both)
    expect(removal).toMatchObject({ projects: ['blog', 'shop'], complete: true })
    expect(inWords(removal).at(-1)).toBe('nftables remove table inet portolan')
    expect(removal.changes.filter(({ part }) => part === 'link')).toHaveLength(2)
  })

  test('takes a bridge whose rules are gone, and rules whose bridge is gone', () => {
    const { facts, rules } = after(planOf())
    expect(inWords(remove({ facts, rules: noRules }))).toEqual([`link remove bridge ${bridge}`])
    expect(inWords(remove({ facts: {}, rules }))).toEqual(['nftables remove table inet portolan'])
  })

  test('leaves what is not ours', () => {
    const facts = {
      interfaces: [
        { name: 'docker0', kind: 'bridge' },
        { name: 'br0', alias: 'uplink' },
      ],
    }
    expect(remove({ facts, rules: noRules })).toMatchObject({ projects: [], complete: true, changes: [] })
  })
})

describe('routes to blocks of other hosts', () => {
  const routes = [
    { destination: '10.64.7.0/24', interface: 'eth0', gateway: '192.0.2.7', protocol: 'portolan' },
  ] as const
  const holder = { directory: '/srv/prod', cluster: 'prod', host: 'h1', blocks: ['10.64.3.0/24'] }
  const { facts, rules } = after(planOf())
  const host = { facts: { ...facts, routes }, rules }

  test('go with the last project', () => {
    expect(inWords(remove(host))).toContain('link remove route 10.64.7.0/24')
    expect(remove(host).left).toEqual([])
    const beside = after(planOf({ ...host, intent: blog }))
    const one = remove({ ...beside, facts: { ...beside.facts, routes } }, 'blog', emptyState, holder)
    expect(one).toMatchObject({ complete: false, left: [] })
  })

  test('of another state directory stay, and the removal says of which', () => {
    const removal = remove(host, null, emptyState, { ...holder, url: 'etcd://192.0.2.1/prod' })
    expect(inWords(removal).filter((one) => one.includes('route'))).toEqual([])
    expect(removal.left).toEqual([
      expect.stringMatching(
        /stay \(10\.64\.7\.0\/24 via 192\.0\.2\.7\).*`portolan cluster release --cluster etcd:\/\/192\.0\.2\.1\/prod --state \/srv\/prod`/,
      ),
    ])
    expect(remove({ facts, rules }, null, emptyState, holder).left).toEqual([])
  })
})

describe('the removal of a project whose leases are elsewhere', () => {
  const left = (leases: LeaseState | null, project: string | null): readonly string[] =>
    planRemoval({
      ...after(planOf()),
      surroundings: { rules: null, unread: [], settings: [] },
      ...{ project, state: emptyState, leases, stateDirectory: '/state', live: [] },
    }).left

  test.each(['shop', null])(
    '(%s) says that what was noted elsewhere stays, and how to put it back',
    (project) => {
      expect(left(emptyLeases, project)).toEqual([
        expect.stringMatching(
          /^Project shop has networks .* no lease in \/state\..*"portolan destroy -p shop --state DIR"/,
        ),
      ])
    },
  )

  test('says nothing where it has a lease, where leases are kept, and of other projects', () => {
    const prefix = planOf().subnets[0]?.subnet ?? ''
    const { state } = acquireSubnet(emptyLeases, {
      ...{ kind: 'subnet', project: 'shop', network: 'web', family: 'ip' },
      ...{ subnet: prefix, gateway: '', movedFrom: null },
    })
    expect(left(state, 'shop')).toEqual([])
    expect(left(null, 'shop')).toEqual([])
    expect(left(emptyLeases, 'blog')).toEqual([])
  })
})

describe('the removal of one project', () => {
  test.each(backends)('of %s leaves the other as it was', (backend) => {
    const alone = after(planOf({ backend }))
    const both = after(planOf({ backend, ...alone, intent: blog }))
    const removal = remove(both, 'blog')
    expect(removal).toMatchObject({ projects: ['blog'], complete: false })
    expect(removal.withdrawn.map(({ label }) => label)).toEqual(['0.0.0.0:9090/tcp -> ghost:2368'])
    expect(removal.changes.filter(({ part }) => part === 'link')).toHaveLength(1)
    expect(
      JSON.stringify(removal.changes.map(({ object, before, after: later }) => [object, before, later])),
    ).not.toContain(bridge)
  })

  test('that is the only one is the removal of all', () => {
    expect(remove(after(planOf()), 'shop')).toMatchObject({ projects: ['shop'], complete: true })
  })

  test('that is not there changes nothing', () => {
    expect(remove(after(planOf()), 'ghost')).toMatchObject({
      projects: [],
      complete: false,
      changes: [],
      withdrawn: [],
    })
  })
})

describe('what was remembered of a host', () => {
  const sysctls = {
    'net.ipv4.ip_forward': { before: '0', given: '1' },
    'net.ipv4.conf.docker0.route_localnet': { before: '0', given: '1' },
  }
  const state: HostState = { ...emptyState, sysctls }
  const host = (values: Record<string, string>) => {
    const { facts, rules } = after(planOf())
    return { rules, facts: { ...facts, sysctls: values } }
  }
  const given = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.docker0.route_localnet': '1' }
  const restored = (removal: Removal): readonly string[] =>
    removal.changes.flatMap(({ part, after: text }) => (part === 'sysctl' && text !== null ? [text] : []))

  test('is put back, before anything else', () => {
    const removal = remove(host(given), null, state)
    expect(restored(removal)).toEqual(['net.ipv4.ip_forward = 0', 'net.ipv4.conf.docker0.route_localnet = 0'])
    expect(parts(removal)).toEqual(['sysctl', 'link', 'nftables'])
    expect(removal.changes[0]).toMatchObject({
      description: 'Put net.ipv4.ip_forward back to the value it had before the first apply.',
      reverse: 'sysctl -w net.ipv4.ip_forward=1',
    })
  })

  test.each<[string, Record<string, string>, readonly string[]]>([
    [
      'was changed since',
      { ...given, 'net.ipv4.ip_forward': '0' },
      ['net.ipv4.conf.docker0.route_localnet = 0'],
    ],
    [
      'was given another value since',
      { ...given, 'net.ipv4.ip_forward': '2' },
      ['net.ipv4.conf.docker0.route_localnet = 0'],
    ],
    ['is gone with its interface', { 'net.ipv4.ip_forward': '1' }, ['net.ipv4.ip_forward = 0']],
  ])('is left alone where it %s', (_, values, expected) => {
    expect(restored(remove(host(values), null, state))).toEqual(expected)
  })

  test('is left alone where nothing was changed', () => {
    const same = { ...emptyState, sysctls: { 'net.ipv4.ip_forward': { before: '1', given: '1' } } }
    expect(restored(remove(host(given), null, same))).toEqual([])
  })

  const [eth1, redirects] = ['net.ipv4.conf.eth1.forwarding', 'net.ipv4.conf.all.accept_redirects']
  const overwritten = {
    [eth1]: { before: '1', given: '1' },
    [redirects]: { before: '0', given: '0' },
  }

  test('and is overwritten with forwarding comes right after the switch of the family', () => {
    const kept = { ...emptyState, sysctls: { ...overwritten, ...sysctls } }
    const removal = remove(host({ ...given, [eth1]: '1', [redirects]: '0' }), null, kept)
    expect(restored(removal)).toEqual([
      'net.ipv4.ip_forward = 0',
      `${eth1} = 1`,
      `${redirects} = 0`,
      'net.ipv4.conf.docker0.route_localnet = 0',
    ])
    expect(removal.changes[2]).toMatchObject({
      description: `Put ${redirects} back to 0: the kernel sets it to 1 when forwarding is switched off.`,
      operation: { kind: 'restore-sysctl', before: '1', value: '0' },
    })
  })

  test('and was overwritten by a destroy that was killed halfway is put back by the next', () => {
    const switched = { ...given, 'net.ipv4.ip_forward': '0', [eth1]: '0', [redirects]: '1' }
    const half = {
      ...emptyState,
      sysctls: {
        ...overwritten,
        'net.ipv4.ip_forward': { before: '0', given: '1', restoring: true } as const,
      },
    }
    expect(restored(remove(host(switched), null, half))).toEqual([`${eth1} = 1`, `${redirects} = 0`])
    // Another program turned it off. So the settings that changed with it are not Portolan's any more.
    const others = { ...emptyState, sysctls: { ...overwritten, ...sysctls } }
    expect(restored(remove(host(switched), null, others))).toEqual([
      'net.ipv4.conf.docker0.route_localnet = 0',
    ])
  })

  test('and keeps routes from router advertisements goes back after forwarding is off, and only then', () => {
    const [all, acceptRa] = ['net.ipv6.conf.all.forwarding', 'net.ipv6.conf.eth0.accept_ra']
    const kept = {
      ...emptyState,
      sysctls: { [acceptRa]: { before: '1', given: '2' }, [all]: { before: '0', given: '1' } },
    }
    expect(restored(remove(host({ [all]: '1', [acceptRa]: '2' }), null, kept))).toEqual([
      `${all} = 0`,
      `${acceptRa} = 1`,
    ])
    // Killed in between, or turned off by another program.
    expect(restored(remove(host({ [all]: '0', [acceptRa]: '2' }), null, kept))).toEqual([`${acceptRa} = 1`])
    // Another program has set it to 2, so it stays on. With `accept_ra` at 1 the route would then be lost.
    expect(restored(remove(host({ [all]: '2', [acceptRa]: '2' }), null, kept))).toEqual([])
  })

  test('stays while another project stays', () => {
    const both = after(planOf({ ...after(planOf({ facts: forwards })), intent: blog }))
    const facts = { ...both.facts, sysctls: given }
    expect(restored(remove({ ...both, facts }, 'blog', state))).toEqual([])
    expect(restored(remove({ ...both, facts }, null, state))).toHaveLength(2)
  })

  const hairpin: HostState = {
    ...emptyState,
    attributes: { 'hairpin veth1': { before: 'off', given: 'on' } },
  }
  test.each<[string, boolean | null, readonly string[]]>([
    ['is put back', true, ['link change bridge port veth1']],
    ['is left alone where it is off already', false, []],
    ['is left alone where the port is gone', null, []],
  ])('of a foreign port %s', (_, on, expected) => {
    const interfaces = on === null ? [] : [{ name: 'veth1', master: 'docker0', hairpin: on }]
    expect(inWords(remove({ facts: { interfaces }, rules: noRules }, null, hairpin))).toEqual(expected)
  })
})

describe('a network that another project uses', () => {
  const joining = intentOf(
    'services: {ghost: {ports: ["9090:2368"], networks: [web]}}\nnetworks: {web: {external: true, name: shop_web}}',
    'blog',
  )
  const shared = (backend: (typeof backends)[number]) => {
    const first = after(planOf({ backend }))
    return { ...first, rules: after(planOf({ backend, ...first, intent: joining })).rules }
  }
  const warning = {
    kind: 'NetworkInUse',
    severity: 'warning',
    network: 'web',
    message: expect.stringContaining(
      'project blog still publishes ports on it (0.0.0.0:9090/tcp -> ghost:2368)',
    ),
  }

  test.each(backends)('of %s does not go without a warning', (backend) => {
    expect(remove(shared(backend), 'shop').conflicts).toMatchObject([warning])
    expect(remove(shared(backend), 'blog').conflicts).toEqual([])
    expect(remove(shared(backend)).conflicts).toEqual([])
  })

  test.each(backends)('of %s is not dropped from a file without a warning', (backend) => {
    const without = intentOf('services: {nginx: {}}')
    const inUse = ({ conflicts }: Pick<Removal, 'conflicts'>) =>
      conflicts.filter(({ kind }) => kind === 'NetworkInUse')
    expect(inUse(planOf({ ...shared(backend), backend, intent: without }))).toMatchObject([warning])
    expect(inUse(planOf({ ...shared(backend), backend }))).toEqual([])
  })
})
