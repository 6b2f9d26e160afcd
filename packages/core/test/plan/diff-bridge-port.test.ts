import { describe, expect, test } from '@jest/globals'
import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import type { DesiredMapping, DesiredNetwork, DesiredOpening } from '../../src/contract/index.ts'
import { diffLinks, findIccUnenforceable, switchHairpinOff } from '../../src/plan/index.ts'
import { desired, mapping, network, target } from '../contract/state.ts'

const port = (wish: Partial<InterfaceFact> = {}): InterfaceFact => ({
  name: 'veth1',
  kind: 'veth',
  master: 'br-web',
  hairpin: true,
  isolated: false,
  ...wish,
})

const bridgeOf = ({ icc, linked }: DesiredNetwork): InterfaceFact => ({
  name: 'br-web',
  up: true,
  alias: `portolan project=shop network=web${icc ? '' : linked === true ? ' icc=links' : ' icc=off'}`,
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
const linked = { ...off, linked: true }
const netfilter = { 'net.bridge.bridge-nf-call-iptables': '0', 'net.bridge.bridge-nf-call-ip6tables': '0' }

const hooked = { ...netfilter, 'net.bridge.bridge-nf-call-iptables': '1' }
const hooked6 = { ...netfilter, 'net.bridge.bridge-nf-call-ip6tables': '1' }

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
    ['stays isolated where all are, and no hook is called', off, { isolated: true }, netfilter, null],
    ['is let go where every bridge calls the hooks', off, { isolated: true }, hooked, false],
    ['... for IPv6 alone', off, { isolated: true }, hooked6, false],
    ['is let go when icc is on', on, { isolated: true }, {}, false],
    [
      'is let go where its container is linked, and the hooks tell',
      linked,
      { isolated: true },
      netfilter,
      false,
    ],
    ['is isolated all the same where no hook can tell', linked, {}, {}, true],
  ])('%s', (_, wanted, wish, sysctls, isolated) => {
    expect(operations(wanted, [port(wish)], sysctls)).toEqual(
      isolated === null ? [] : [{ kind: 'set-port', name: 'veth1', isolated }],
    )
  })

  test('is let go, with all its siblings, once one was plugged in without isolation: the hooks come first', () => {
    const ports = [port({ isolated: true }), port({ name: 'veth2', isolated: true }), port({ name: 'veth3' })]
    const bridge = { ...bridgeOf(off), nfCallIptables: false, nfCallIp6tables: false }
    const changes = diffLinks(desired({ networks: [off] }), {
      sysctls: netfilter,
      interfaces: [bridge, ...ports],
    })
    expect(changes.map(({ operation }) => operation)).toEqual([
      { kind: 'set-bridge', name: 'br-web', nfCall: true },
      { kind: 'set-port', name: 'veth1', isolated: false },
      { kind: 'set-port', name: 'veth2', isolated: false },
    ])
  })

  test('that attach plugged in is isolated again once nothing is linked: the hooks go last', () => {
    const alias = 'portolan project=shop network=web endpoint=web-1'
    const ports = [port({ alias }), port({ name: 'veth2', alias }), port({ name: 'veth3', isolated: true })]
    const bridge = { ...bridgeOf(off), nfCallIptables: true, nfCallIp6tables: true }
    const facts = { sysctls: netfilter, interfaces: [bridge, ...ports] }
    const wanted = desired({ networks: [off] })
    expect(diffLinks(wanted, facts).map(({ operation }) => operation)).toEqual([
      { kind: 'set-port', name: 'veth1', isolated: true },
      { kind: 'set-port', name: 'veth2', isolated: true },
      { kind: 'set-bridge', name: 'br-web', nfCall: false },
    ])
    expect(findIccUnenforceable(wanted, facts)).toEqual([])
    const rigid = { name: 'veth4', master: 'br-web', alias }
    expect(diffLinks(wanted, { ...facts, interfaces: [bridge, rigid] })).toEqual([])
  })

  test('that is isolated as all are needs no hooks, and could not be reached through them', () => {
    const bridge = { ...bridgeOf(off), nfCallIptables: true, nfCallIp6tables: true }
    const changes = diffLinks(desired({ networks: [off] }), {
      sysctls: netfilter,
      interfaces: [bridge, port({ isolated: true })],
    })
    expect(changes.map(({ operation }) => operation)).toEqual([
      { kind: 'set-bridge', name: 'br-web', nfCall: false },
    ])
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
    expect(say(off, { isolated: true }, hooked)).toBe(
      'Let veth1 talk to the other ports of br-web directly; the IP hooks enforce icc: off.',
    )
  })

  test('of another bridge is left alone', () => {
    expect(operations(off, [port({ master: 'docker0', hairpin: false })])).toEqual([])
  })
})

describe('a port on a bridge that is not ours', () => {
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

  test.each<[string, InterfaceFact, HostFacts['sysctls'], RegExp]>([
    [
      'plugged in without isolation',
      port(),
      netfilter,
      /port veth1 of br-web was plugged in without isolation/,
    ],
    ['which nothing isolates', rigid, netfilter, /port veth1 of br-web was plugged in without isolation/],
    [
      'while every bridge calls the hooks',
      port({ isolated: true }),
      hooked,
      /bridge-nf-call-iptables .* is 1/,
    ],
  ])('holds for IP only beside a port %s', (_, link, sysctls, why) => {
    expect(find(off, link, sysctls)).toEqual([
      expect.objectContaining({
        kind: 'IccForIpOnly',
        severity: 'info',
        message: expect.stringMatching(why),
      }),
    ])
  })

  test.each<[string, DesiredNetwork, InterfaceFact, HostFacts['sysctls'] | null]>([
    ['icc is on', on, rigid, {}],
    ['the port is isolated, and no hook is called', off, port({ isolated: true }), netfilter],
    ['nothing is plugged in yet', off, { ...rigid, master: null }, hooked],
    ['the port can be isolated', off, port(), {}],
    ['the port is of another bridge', off, { ...rigid, master: 'docker0' }, {}],
    ['no sysctl of the host is known', off, rigid, null],
  ])('is none where %s', (_, wanted, link, sysctls) => {
    expect(find(wanted, link, sysctls)).toEqual([])
  })

  test('is told of a network whose containers are linked: of the hooks, or that no link is delivered', () => {
    const opening: DesiredOpening = {
      label: 'db from web on web, linked',
      family: 'ip',
      network: 'web',
      address: '172.17.0.2',
      from: { kind: 'container', network: 'web', address: '172.17.0.3' },
      ports: [{ protocol: 'tcp', port: 5432 }],
    }
    const told = (sysctls: HostFacts['sysctls'] = {}) =>
      findIccUnenforceable(desired({ networks: [linked], openings: [opening] }), {
        sysctls,
        interfaces: [port({ isolated: true })],
      })
    expect(told()).toEqual([
      expect.objectContaining({
        kind: 'LinkUndeliverable',
        severity: 'warning',
        message: expect.stringMatching(/\(db from web on web, linked\).*br_netfilter is not loaded/),
        remedy: expect.objectContaining({ commands: ['modprobe br_netfilter'] }),
      }),
    ])
    expect(told(netfilter)).toEqual([
      expect.objectContaining({
        kind: 'IccForIpOnly',
        message: expect.stringMatching(/some of them are to reach others/),
      }),
    ])
  })
})
