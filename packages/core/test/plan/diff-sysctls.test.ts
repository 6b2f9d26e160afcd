import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import type { DesiredState } from '../../src/contract/index.ts'
import { diffSysctls, sysctlChange } from '../../src/plan/index.ts'
import { desired, mapping, mapping6, network, target } from '../contract/state.ts'

const off = {
  'net.ipv4.ip_forward': '0',
  'net.ipv6.conf.all.forwarding': '0',
  'net.ipv4.conf.br-web.route_localnet': '0',
}
const forwarding = { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' }

const diff = (state: DesiredState, sysctls: NonNullable<HostFacts['sysctls']> | null, writable = true) =>
  diffSysctls(state, sysctls === null ? {} : { sysctls }, { writable })

/** Without the reverse path filter of bridges: diff-reverse-path.test.ts. */
const set = (state: DesiredState, sysctls: NonNullable<HostFacts['sysctls']> | null): readonly string[] =>
  diff(state, sysctls).changes.flatMap(({ operation: { name, value } }) =>
    name.endsWith('.rp_filter') ? [] : [`${name}=${value}`],
  )

const web = desired({ networks: [network('web')] })
const four = network('web', { ip6: null })

describe('sysctls that a project needs', () => {
  test.each<[string, DesiredState, NonNullable<HostFacts['sysctls']> | null, readonly string[]]>([
    [
      'are forwarding of both families, and loopback of each bridge that is published on',
      web,
      off,
      ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.conf.br-web.route_localnet=1'],
    ],
    [
      'are set where nothing is known',
      desired({ networks: [four], mappings: [] }),
      null,
      ['net.ipv4.ip_forward=1'],
    ],
    [
      'are left alone where they are on',
      web,
      { ...forwarding, 'net.ipv4.conf.br-web.route_localnet': '1' },
      [],
    ],
    [
      'are on for whatever is not 0',
      desired({ mappings: [] }),
      { ...forwarding, 'net.ipv6.conf.all.forwarding': '2' },
      [],
    ],
    [
      'are of the families of the networks',
      desired({ networks: [four], mappings: [] }),
      off,
      ['net.ipv4.ip_forward=1'],
    ],
    [
      'are of IPv6 alone where there is no IPv4',
      desired({ networks: [network('web', { ip: null })], mappings: [] }),
      off,
      ['net.ipv6.conf.all.forwarding=1'],
    ],
    [
      'are none for internal networks',
      desired({ networks: [network('web', { internal: true })], mappings: [] }),
      off,
      [],
    ],
    [
      'are those of the one network that is not internal',
      desired({ networks: [network('db', { internal: true }), four], mappings: [] }),
      off,
      ['net.ipv4.ip_forward=1'],
    ],
    ['are none without networks', desired({ networks: [], mappings: [] }), off, []],
    [
      'need no loopback when all interfaces have it',
      web,
      { ...forwarding, 'net.ipv4.conf.all.route_localnet': '1' },
      [],
    ],
  ])('%s', (_, state, sysctls, expected) => {
    expect(set(state, sysctls)).toEqual(expected)
  })

  test('for loopback are of mappings that 127.0.0.1 reaches', () => {
    const needs = (...mappings: DesiredState['mappings']): boolean =>
      set({ ...web, mappings }, forwarding).some((one) => one.includes('route_localnet'))
    expect(needs(mapping())).toBe(true)
    expect(needs(mapping({ hostAddress: '127.0.0.1' }))).toBe(true)
    expect(needs(mapping({ allowFrom: [] }))).toBe(true)
    expect(needs(mapping({ hostAddress: '192.0.2.2' }))).toBe(false)
    expect(needs(mapping({ kind: 'direct' }))).toBe(false)
    expect(needs(mapping6())).toBe(false)
    expect(needs()).toBe(false)
  })

  test('for loopback are of the bridge of each target, once', () => {
    const shared = mapping({
      targets: [target(), target({ network: 'db' }), target({ address: '172.17.0.3' })],
    })
    expect(set(desired({ mappings: [shared, mapping({ hostPort: 81 })] }), forwarding)).toEqual([
      'net.ipv4.conf.br-web.route_localnet=1',
      'net.ipv4.conf.br-db.route_localnet=1',
    ])
  })

  test('for loopback wait for the bridge of others, which comes with their first container', () => {
    const joined = desired({ networks: [network('web', { external: true })] })
    const of = (state: DesiredState, ...names: readonly string[]) =>
      diffSysctls(
        state,
        { sysctls: forwarding, interfaces: names.map((name) => ({ name })) },
        { writable: true },
      ).changes.map(({ operation: { name } }) => name)
    const loopback = 'net.ipv4.conf.br-web.route_localnet'
    expect(of(joined, 'eth0')).toEqual([])
    expect(of(joined, 'eth0', 'br-web')).toEqual([loopback])
    expect(of(web, 'eth0')).toContain(loopback)
    const unset = diffSysctls(
      joined,
      { sysctls: forwarding, interfaces: [{ name: 'eth0' }] },
      { writable: false },
    )
    expect(unset.conflicts).toContainEqual(expect.objectContaining({ kind: 'RouteLocalnetDisabled' }))
  })

  test('name a bridge with a dot as the kernel does', () => {
    const dotted = desired({ networks: [network('web', { bridge: 'br.web' })] })
    expect(set(dotted, forwarding)).toEqual(['net.ipv4.conf.br/web.route_localnet=1'])
  })
})

describe('interfaces with routes from router advertisements', () => {
  const acceptRa = 'net.ipv6.conf.eth0.accept_ra'
  const facts = (value: string | null, more: HostFacts = {}): HostFacts => ({
    routes: [{ destination: '::/0', gateway: 'fe80::1', interface: 'eth0', protocol: 'ra' }],
    sysctls: { ...off, ...(value === null ? {} : { [acceptRa]: value }) },
    ...more,
  })
  const planned = (given: HostFacts, writable = true) => {
    const { changes, conflicts } = diffSysctls(web, given, { writable })
    return {
      set: changes
        .map(({ operation: { name, value } }) => `${name}=${value}`)
        .filter((one) => /ipv6/.test(one)),
      errors: conflicts.filter(({ severity }) => severity === 'error'),
    }
  }
  const forward = 'net.ipv6.conf.all.forwarding=1'

  test('get accept_ra 2 before they forward', () => {
    expect(planned(facts('1'))).toEqual({ set: [`${acceptRa}=2`, forward], errors: [] })
  })

  test('get it for an address alone, too', () => {
    const interfaces = [{ name: 'eth0.7', autoconfigured: true }]
    const sysctls = { ...off, 'net.ipv6.conf.eth0/7.accept_ra': '1' }
    expect(planned({ interfaces, sysctls }).set).toEqual(['net.ipv6.conf.eth0/7.accept_ra=2', forward])
  })

  test.each(['0', '2'])('are left alone with accept_ra %s', (value) => {
    expect(planned(facts(value))).toEqual({ set: [forward], errors: [] })
  })

  test('are left alone where the host forwards already', () => {
    expect(planned(facts('1', { sysctls: { ...forwarding, [acceptRa]: '1' } }))).toEqual({
      set: [],
      errors: [],
    })
  })

  test('block where it is not known', () => {
    expect(planned(facts(null))).toMatchObject({
      set: [forward],
      errors: [{ kind: 'RouterAdvertisementsLost', severity: 'error' }],
    })
  })

  test('are in the remedy where nothing may be set, ahead of forwarding', () => {
    const six = planned(facts('1'), false).errors.find(({ message }) => message.includes('ipv6'))
    expect(six?.remedy.commands).toEqual([`sysctl -w ${acceptRa}=2`, `sysctl -w ${forward}`])
    expect(six?.remedy.text).toContain(`${acceptRa} goes to 2 first`)
  })
})

describe('a sysctl as a change', () => {
  test('says why, what it was, and how to take it back', () => {
    expect(diff(web, off).changes[0]).toEqual({
      action: 'change',
      object: 'sysctl net.ipv4.ip_forward',
      description: 'Forward IPv4 packets: network web needs it.',
      before: 'net.ipv4.ip_forward = 0',
      after: 'net.ipv4.ip_forward = 1',
      reverse: 'sysctl -w net.ipv4.ip_forward=0',
      operation: { kind: 'set-sysctl', name: 'net.ipv4.ip_forward', before: '0', value: '1' },
    })
  })

  test.each<[string, string]>([
    ['net.ipv4.conf.br-web.route_localnet', '# net.ipv4.conf.br-web.route_localnet goes with its interface'],
    ['net.ipv4.ip_forward', '# the value net.ipv4.ip_forward had before is not known'],
    ['net.ipv6.conf.all.forwarding', '# the value net.ipv6.conf.all.forwarding had before is not known'],
  ])('of %s that could not be read says what that means', (name, reverse) => {
    expect(sysctlChange(name, null, '1', 'why')).toMatchObject({
      before: null,
      after: `${name} = 1`,
      reverse,
    })
  })
})

describe('switching forwarding on', () => {
  const notes = (state: DesiredState, sysctls: NonNullable<HostFacts['sysctls']> | null) =>
    diff(state, sysctls).conflicts

  test('is one note for both families', () => {
    expect(
      notes(web, off).map(({ severity, kind, culprit }) => `${severity} ${kind} ${culprit?.text}`),
    ).toEqual(['info HostBecomesRouter net.ipv4.ip_forward = 0, net.ipv6.conf.all.forwarding = 0'])
  })

  test('is none where it is on, or not known', () => {
    expect(notes(web, forwarding)).toEqual([])
    expect(notes(web, null)).toEqual([])
  })

  test('says that the guard holds, or how to get it', () => {
    const guarded = { ...web, guardForwarding: true }
    expect(notes(web, off)[0]?.remedy.commands).toEqual(['portolan apply --guard-forwarding'])
    expect(notes(guarded, off)[0]?.remedy.commands).toEqual([])
    expect(notes(guarded, off)[0]?.message).toContain('A rule of the plan (--guard-forwarding) drops')
  })

  test('says what IPv6 forwarding does to router advertisements', () => {
    const [both] = notes(web, off)
    const [four4] = notes(web, { ...off, 'net.ipv6.conf.all.forwarding': '1' })
    expect(both?.message).toContain('accept_ra')
    expect(four4?.message).not.toContain('accept_ra')
  })
})

describe('sysctls that cannot be set', () => {
  test('are conflicts in place of changes', () => {
    const { changes, conflicts } = diff(web, off, false)
    expect(changes).toEqual([])
    expect(conflicts.map(({ severity, kind, network: name }) => `${severity} ${kind} ${name}`)).toEqual([
      'error ForwardingDisabled null',
      'error ForwardingDisabled null',
      'error RouteLocalnetDisabled web',
    ])
  })

  test('say what is wrong, why, and what to do', () => {
    const [first, , third] = diff(web, off, false).conflicts
    expect(first).toMatchObject({
      message: expect.stringMatching(
        /^net\.ipv4\.ip_forward is 0 and .*: the host forwards nothing, so no published port reaches its container\.$/,
      ),
      culprit: { tool: 'sysctl', text: 'net.ipv4.ip_forward = 0' },
      remedy: { commands: ['sysctl -w net.ipv4.ip_forward=1'] },
    })
    expect(third?.message).toMatch(
      /^net\.ipv4\.conf\.br-web\.route_localnet is 0 and .*: processes on the host do not reach the ports of web on 127\.0\.0\.1\.$/,
    )
  })

  test('are conflicts where they could not be read', () => {
    const [first] = diff(web, null, false).conflicts
    expect(first).toMatchObject({ kind: 'ForwardingDisabled', culprit: { text: 'net.ipv4.ip_forward = ?' } })
    expect(first?.message).not.toContain('null')
  })

  test('are none where they are on', () => {
    expect(diff(web, { ...forwarding, 'net.ipv4.conf.br-web.route_localnet': '1' }, false).conflicts).toEqual(
      [],
    )
  })
})

test('the interface of others that has the name of a bridge keeps its sysctls', () => {
  const facts: HostFacts = { interfaces: [{ name: 'br-web', alias: 'of another program' }], sysctls: off }
  const told = diffSysctls(web, facts, { writable: true }).changes.map(({ operation: { name } }) => name)
  expect(told).toEqual(['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
  expect(diffSysctls(web, facts, { writable: false }).conflicts.map(({ kind }) => kind)).toEqual([
    'ForwardingDisabled',
    'ForwardingDisabled',
  ])
})
