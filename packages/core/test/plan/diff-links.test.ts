import { describe, expect, test } from '@jest/globals'
import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { bridgeMac } from '../../src/contract/bridge-mac.ts'
import type { DesiredNetwork } from '../../src/contract/index.ts'
import { bridgeAlias } from '../../src/contract/index.ts'
import { deleteBridge, diffLinks, type LinkChange, type LinkOperation } from '../../src/plan/index.ts'
import { desired, network } from '../contract/state.ts'

const web = network('web')

const gateway4 = { subnet: '172.17.0.0/16', gateway: '172.17.42.1' }

/** The bridge of `web` as apply leaves it. */
const applied = (wish: Partial<InterfaceFact> = {}): InterfaceFact => ({
  name: 'br-web',
  kind: 'bridge',
  up: true,
  mtu: 1500,
  alias: 'portolan project=shop network=web',
  addresses: ['172.17.42.1/16', 'fd00:17::1/64', 'fe80::1234/64'],
  nfCallIptables: false,
  nfCallIp6tables: false,
  ...wish,
})

const diff = (
  networks: readonly DesiredNetwork[],
  interfaces: readonly InterfaceFact[],
  facts: HostFacts = {},
): readonly LinkChange[] => diffLinks(desired({ networks }), { ...facts, interfaces })

const operations = (changes: readonly LinkChange[]): readonly LinkOperation[] =>
  changes.map(({ operation }) => operation)

describe('a bridge that is missing', () => {
  test('is created with alias, addresses and MTU', () => {
    expect(diff([network('web', { mtu: 1400 })], [], { machineId: 'here' })).toEqual([
      {
        action: 'add',
        object: 'bridge br-web',
        description: 'Create bridge br-web for network web with gateway 172.17.42.1/16 and fd00:17::1/64.',
        before: null,
        after: 'bridge br-web 172.17.42.1/16 fd00:17::1/64',
        reverse: 'ip link del br-web',
        operation: {
          kind: 'create-bridge',
          name: 'br-web',
          alias: 'portolan project=shop network=web',
          mac: bridgeMac('shop', { name: 'web', ip: null, ip6: null }, { machineId: 'here' }),
          mtu: 1400,
          addresses: ['172.17.42.1/16', 'fd00:17::1/64'],
          nfCall: false,
        },
      },
    ])
  })

  test('of an isolated network is created without an address', () => {
    const isolated = network('web', { ip6: null, subnet: { mode: 'isolated', gateway: null } })
    const [change] = diff([isolated], [])
    expect(change?.description).toBe('Create bridge br-web for network web, without a gateway address.')
    expect(change?.operation).toMatchObject({ addresses: [], mtu: null })
  })

  test.each<[string, string | undefined, boolean, boolean]>([
    ['in the IP hooks with icc off where br_netfilter is there', '0', false, true],
    ['out of them with icc on', '1', true, false],
    ['out of them without br_netfilter', undefined, false, false],
  ])('is created %s', (_, sysctl, icc, nfCall) => {
    const facts = sysctl === undefined ? {} : { sysctls: { 'net.bridge.bridge-nf-call-iptables': sysctl } }
    const [change] = diff([network('web', { icc })], [], facts)
    expect(change?.operation).toMatchObject({
      nfCall,
      alias: bridgeAlias({ project: 'shop', network: 'web', icc }),
    })
  })

  test.each<[string, string | undefined]>([
    ['another program', 'uplink'],
    ['a maker that left no alias', undefined],
    ['another project', 'portolan project=blog network=web'],
  ])('is not created over an interface of that name of %s', (_, alias) => {
    expect(diff([web], [{ name: 'br-web', ...(alias === undefined ? {} : { alias }) }])).toEqual([])
  })
})

describe('a bridge that is there', () => {
  test('as it should be is left alone', () => {
    expect(diff([web], [applied(), { name: 'eth0', mtu: 9000 }])).toEqual([])
  })

  test('of which nothing more is known than its name is only given its addresses', () => {
    const bare = { name: 'br-web', alias: 'portolan project=shop network=web' }
    expect(operations(diff([network('web', { mtu: 1400, icc: true })], [bare]))).toEqual([
      { kind: 'add-address', name: 'br-web', address: '172.17.42.1/16' },
      { kind: 'add-address', name: 'br-web', address: 'fd00:17::1/64' },
    ])
  })

  test('gives up an old address before it takes a new one', () => {
    expect(diff([web], [applied({ addresses: ['10.0.42.1/16', 'fd00:17::1/64'] })])).toEqual([
      {
        action: 'remove',
        object: 'address 10.0.42.1/16',
        description: 'Remove 10.0.42.1/16 from br-web.',
        before: '10.0.42.1/16 dev br-web',
        after: null,
        reverse: 'ip address add 10.0.42.1/16 dev br-web',
        operation: { kind: 'remove-address', name: 'br-web', address: '10.0.42.1/16' },
      },
      {
        action: 'add',
        object: 'address 172.17.42.1/16',
        description: 'Add gateway 172.17.42.1/16 to br-web.',
        before: null,
        after: '172.17.42.1/16 dev br-web',
        reverse: 'ip address del 172.17.42.1/16 dev br-web',
        operation: { kind: 'add-address', name: 'br-web', address: '172.17.42.1/16' },
      },
    ])
  })

  test('with another prefix length has another address', () => {
    expect(operations(diff([web], [applied({ addresses: ['172.17.42.1/24', 'fd00:17::1/64'] })]))).toEqual([
      { kind: 'remove-address', name: 'br-web', address: '172.17.42.1/24' },
      { kind: 'add-address', name: 'br-web', address: '172.17.42.1/16' },
    ])
  })

  test('keeps a link-local gateway that the network asks for', () => {
    const local = network('web', {
      ip6: { subnet: 'fe80::/64', gateway: 'fe80::1', mode: 'nat', masquerade: true },
    })
    const addresses = ['172.17.42.1/16', 'fe80::1/64', 'fe80::1234/64']
    expect(diff([local], [applied({ addresses })])).toEqual([])
  })

  test('gets the MTU the network asks for', () => {
    expect(diff([network('web', { mtu: 1400 })], [applied()])).toEqual([
      {
        action: 'change',
        object: 'bridge br-web',
        description: 'Set the MTU of br-web to 1400.',
        before: 'br-web mtu 1500',
        after: 'br-web mtu 1400',
        reverse: 'ip link set br-web mtu 1500',
        operation: { kind: 'set-bridge', name: 'br-web', mtu: 1400 },
      },
    ])
    expect(diff([network('web', { mtu: 1500 })], [applied()])).toEqual([])
  })

  test('that is down is brought up', () => {
    const [change, ...more] = diff([web], [applied({ up: false })])
    expect(more).toEqual([])
    expect(change).toMatchObject({
      description: 'Bring br-web up.',
      before: 'br-web down',
      after: 'br-web up',
      operation: { kind: 'set-bridge', name: 'br-web', up: true },
    })
  })

  const withNetfilter: HostFacts = { sysctls: { 'net.bridge.bridge-nf-call-iptables': '0' } }
  const guarded = network('web', { icc: false })
  const alias = 'portolan project=shop network=web icc=off'

  test.each<[string, DesiredNetwork, Partial<InterfaceFact>, HostFacts, boolean | null]>([
    ['is sent through the IP hooks when icc is off', guarded, { alias }, withNetfilter, true],
    ['... when only IPv4 is', guarded, { alias, nfCallIptables: true }, withNetfilter, true],
    [
      '... unless it is already',
      guarded,
      { alias, nfCallIptables: true, nfCallIp6tables: true },
      withNetfilter,
      null,
    ],
    ['is not, without br_netfilter', guarded, { alias }, { sysctls: {} }, null],
    [
      'is taken out of them when icc is on',
      web,
      { nfCallIptables: true, nfCallIp6tables: true },
      withNetfilter,
      false,
    ],
    ['... when only IPv6 is in them', web, { nfCallIp6tables: true }, withNetfilter, false],
  ])('%s', (_, wanted, wish, facts, nfCall) => {
    expect(operations(diff([wanted], [applied(wish)], facts))).toEqual(
      nfCall === null ? [] : [{ kind: 'set-bridge', name: 'br-web', nfCall }],
    )
  })

  test('says what the two attributes were, each', () => {
    const [change] = diff([guarded], [applied({ alias, nfCallIptables: true })], withNetfilter)
    expect(change).toMatchObject({
      before: 'br-web nf_call_iptables 1 nf_call_ip6tables 0',
      after: 'br-web nf_call_iptables 1 nf_call_ip6tables 1',
      reverse: 'ip link set br-web type bridge nf_call_iptables 1 nf_call_ip6tables 0',
    })
  })

  test('is marked anew when icc changes', () => {
    expect(operations(diff([guarded], [applied()]))).toEqual([{ kind: 'set-bridge', name: 'br-web', alias }])
    const routed = network('web', { ip: { ...gateway4, mode: 'routed', masquerade: false }, ip6: null })
    expect(operations(diff([routed], [applied({ addresses: ['172.17.42.1/16'] })]))).toEqual([
      { kind: 'set-bridge', name: 'br-web', alias: 'portolan project=shop network=web ip=routed' },
    ])
    expect(operations(diff([web], [applied({ alias })]))).toEqual([
      { kind: 'set-bridge', name: 'br-web', alias: 'portolan project=shop network=web' },
    ])
  })
})

describe('a bridge that is no longer wanted', () => {
  const old = applied({
    name: 'br-old',
    alias: 'portolan project=shop network=old',
    addresses: ['10.0.42.1/16'],
  })

  test('is removed, and its ports are released', () => {
    expect(diff([], [old])).toEqual([
      {
        action: 'remove',
        object: 'bridge br-old',
        description: 'Remove bridge br-old; the interfaces attached to it are released, not removed.',
        before: 'bridge br-old 10.0.42.1/16',
        after: null,
        reverse: 'ip link add br-old type bridge',
        operation: { kind: 'delete-bridge', name: 'br-old' },
      },
    ])
    expect(diff([], [old])).toEqual([deleteBridge(old)])
  })

  test('goes before a new one comes: they may have the same address', () => {
    expect(operations(diff([web], [old])).map(({ kind }) => kind)).toEqual(['delete-bridge', 'create-bridge'])
  })

  test('gives its name to a network that wants it', () => {
    const operationsInOrder = operations(diff([network('web', { bridge: 'br-old' })], [old]))
    expect(operationsInOrder.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'delete-bridge br-old',
      'create-bridge br-old',
    ])
  })

  test('is the old one when a bridge is renamed', () => {
    const renamed = network('web', { bridge: 'br-new' })
    expect(operations(diff([renamed], [applied()])).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'delete-bridge br-web',
      'create-bridge br-new',
    ])
  })

  test.each<[string, readonly InterfaceFact[]]>([
    ['after', [applied({ name: 'br-a' }), applied()]],
    ['before', [applied(), applied({ name: 'br-a' })]],
  ])('is every other one that says it is of this network, %s the right one', (_, interfaces) => {
    expect(operations(diff([web], interfaces))).toEqual([{ kind: 'delete-bridge', name: 'br-a' }])
  })

  test('is not one of another project, nor of another program', () => {
    const theirs = [
      applied({ name: 'br-blog', alias: 'portolan project=blog network=web' }),
      applied({ name: 'docker0', alias: '' }),
    ]
    expect(diff([], theirs)).toEqual([])
  })

  test('is not one that was ours and is now declared external', () => {
    expect(diff([network('web', { external: true })], [applied()])).toEqual([])
  })
})

describe('an external network', () => {
  test('is never created', () => {
    expect(diff([network('web', { external: true })], [])).toEqual([])
  })

  test('is never changed', () => {
    const other = applied({ alias: 'portolan project=blog network=web', up: false, addresses: [], mtu: 9000 })
    expect(diff([network('web', { external: true, mtu: 1400, icc: false })], [other])).toEqual([])
  })
})
