import { describe, expect, test } from '@jest/globals'
import { acquireSubnet, emptyLeases, type LeaseState } from '@portolan/core'
import { emptyState } from '@portolan/host'
import { planRemoval, type Removal } from '../../src/destroy/plan-removal.ts'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { after, backends, bridge, intentOf, planOf } from '../shop.ts'
import { blog, inWords, parts, remove } from './removed.ts'

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
