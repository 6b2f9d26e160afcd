import { describe, expect, test } from '@jest/globals'
import type { DesiredMapping, DesiredNetwork } from '../../src/desired/index.ts'
import type { HostFacts, InterfaceFact } from '../../src/facts/index.ts'
import { diffLinks, findIccUnenforceable, switchHairpinOff } from '../../src/plan/index.ts'
import { desired, mapping, network, target } from '../desired/state.ts'

const port = (wish: Partial<InterfaceFact> = {}): InterfaceFact => ({
  name: 'veth1',
  kind: 'veth',
  master: 'br-web',
  hairpin: true,
  isolated: false,
  ...wish,
})

const bridgeOf = ({ icc }: DesiredNetwork): InterfaceFact => ({
  name: 'br-web',
  up: true,
  alias: `portolan project=shop network=web${icc ? '' : ' icc=off'}`,
  addresses: ['172.17.42.1/16', 'fd00:17::1/64'],
})

const operations = (
  wanted: DesiredNetwork,
  ports: readonly InterfaceFact[],
  sysctls: HostFacts['sysctls'] = {},
  mappings: readonly DesiredMapping[] = [mapping()],
) =>
  diffLinks(desired({ networks: [wanted], mappings }), {
    sysctls,
    interfaces: [bridgeOf(wanted), ...ports],
  }).map(({ operation }) => operation)

const on = network('web')
const off = network('web', { icc: false })
const netfilter = { 'net.bridge.bridge-nf-call-iptables': '0', 'net.bridge.bridge-nf-call-ip6tables': '0' }

describe('a port of one of our bridges', () => {
  test('as it should be is left alone', () => {
    expect(operations(on, [port()])).toEqual([])
  })

  test('of which nothing is known is left alone', () => {
    expect(operations(on, [{ name: 'veth1', master: 'br-web' }])).toEqual([])
  })

  test('that lacks hairpin mode gets it', () => {
    const state = desired({ networks: [on] })
    expect(diffLinks(state, { interfaces: [bridgeOf(on), port({ hairpin: false })] })).toEqual([
      {
        action: 'change',
        object: 'bridge port veth1',
        description:
          'Switch hairpin mode on for veth1: its container reaches its own published port through the host.',
        before: 'veth1 hairpin off',
        after: 'veth1 hairpin on',
        reverse: 'bridge link set dev veth1 hairpin off',
        operation: { kind: 'set-port', name: 'veth1', hairpin: true, foreign: false },
      },
    ])
  })

  test.each<[string, DesiredNetwork, Partial<InterfaceFact>, HostFacts['sysctls'], boolean | null]>([
    ['is isolated when icc is off and no hook would see it', off, {}, {}, true],
    ['... and stays so', off, { isolated: true }, {}, null],
    ['is not isolated where the hooks enforce icc', off, {}, netfilter, null],
    ['is let go where the hooks enforce icc', off, { isolated: true }, netfilter, false],
    ['is let go when icc is on', on, { isolated: true }, {}, false],
  ])('%s', (_, wanted, wish, sysctls, isolated) => {
    expect(operations(wanted, [port(wish)], sysctls)).toEqual(
      isolated === null ? [] : [{ kind: 'set-port', name: 'veth1', isolated }],
    )
  })

  test('may lack both', () => {
    expect(operations(off, [port({ hairpin: false })])).toEqual([
      { kind: 'set-port', name: 'veth1', hairpin: true, foreign: false },
      { kind: 'set-port', name: 'veth1', isolated: true },
    ])
  })

  test('says why it is isolated, and why it no longer is', () => {
    const say = (wanted: DesiredNetwork, wish: Partial<InterfaceFact>, sysctls = {}): string | undefined =>
      diffLinks(desired({ networks: [wanted] }), { sysctls, interfaces: [bridgeOf(wanted), port(wish)] })[0]
        ?.description
    expect(say(off, {})).toBe('Isolate veth1 from the other ports of br-web: icc is off.')
    expect(say(on, { isolated: true })).toBe('Let veth1 talk to the other ports of br-web directly.')
    expect(say(off, { isolated: true }, netfilter)).toBe(
      'Let veth1 talk to the other ports of br-web directly; the IP hooks enforce icc: off.',
    )
  })

  test('of another bridge is left alone', () => {
    expect(operations(off, [port({ master: 'docker0', hairpin: false })])).toEqual([])
  })
})

describe('a port on a bridge of somebody else', () => {
  const external = { ...on, external: true }
  const bridged = { 'net.bridge.bridge-nf-call-iptables': '1' }
  const lacking = port({ hairpin: false, isolated: true })

  test('gets hairpin mode where a published port needs it, and nothing else', () => {
    expect(operations(external, [lacking], bridged)).toEqual([
      { kind: 'set-port', name: 'veth1', hairpin: true, foreign: true },
    ])
  })

  test('gets it for IPv6 alone too', () => {
    expect(operations(external, [lacking], { 'net.bridge.bridge-nf-call-ip6tables': '1' })).toHaveLength(1)
  })

  test.each<[string, InterfaceFact, HostFacts['sysctls'], readonly DesiredMapping[]]>([
    ['it has it already', port(), bridged, [mapping()]],
    ['it is not known whether it has it', { name: 'veth1', master: 'br-web' }, bridged, [mapping()]],
    ['bridged packets skip the IP hooks', lacking, netfilter, [mapping()]],
    ['nothing is published', lacking, bridged, []],
    ['what is published is elsewhere', lacking, bridged, [mapping({ targets: [target({ network: 'db' })] })]],
    ['what is published needs no translation', lacking, bridged, [mapping({ kind: 'direct' })]],
  ])('is left alone where %s', (_, link, sysctls, mappings) => {
    expect(operations(external, [link], sysctls, mappings)).toEqual([])
  })

  test('can be given back as it was', () => {
    expect(switchHairpinOff('veth1')).toMatchObject({
      action: 'change',
      before: 'veth1 hairpin on',
      after: 'veth1 hairpin off',
      reverse: 'bridge link set dev veth1 hairpin on',
      operation: { kind: 'set-port', name: 'veth1', hairpin: false },
    })
  })
})

describe('icc that nothing can hold', () => {
  const find = (wanted: DesiredNetwork, link: InterfaceFact, sysctls: HostFacts['sysctls'] | null = {}) =>
    findIccUnenforceable(desired({ networks: [wanted] }), {
      interfaces: [link],
      ...(sysctls === null ? {} : { sysctls }),
    })
  const rigid: InterfaceFact = { name: 'veth1', master: 'br-web' }

  test('is a warning that says which port, why, and what to do', () => {
    expect(find(off, rigid)).toEqual([
      expect.objectContaining({
        kind: 'IccUnenforceable',
        severity: 'warning',
        mapping: null,
        network: 'web',
        message:
          'Containers of web can still talk to each other although icc is off: br_netfilter is not loaded, and port veth1 of br-web cannot be isolated.',
        remedy: expect.objectContaining({ commands: ['modprobe br_netfilter'] }),
      }),
    ])
  })

  test.each<[string, DesiredNetwork, InterfaceFact, HostFacts['sysctls'] | null]>([
    ['icc is on', on, rigid, {}],
    ['br_netfilter is there', off, rigid, netfilter],
    ['the port can be isolated', off, port(), {}],
    ['the port is of another bridge', off, { ...rigid, master: 'docker0' }, {}],
    ['no sysctl of the host is known', off, rigid, null],
  ])('is none where %s', (_, wanted, link, sysctls) => {
    expect(find(wanted, link, sysctls)).toEqual([])
  })
})
