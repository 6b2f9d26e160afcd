import { describe, expect, test } from '@jest/globals'
import { type HostFacts, prepare } from '@portolan/netfilter'
import {
  adopt,
  compile,
  emptyRuleset,
  lower,
  mend,
  parse,
  print,
  selectFamily,
  wholeFamilies,
} from '../../src/index.ts'
import { desiredState, network } from '../support/desired.ts'
import { lines } from '../support/lines.ts'

const web = network('web', 1, { families: ['ip', 'ip6'] })
const desired = desiredState([], { networks: [web] })
const leaving = ['eth0', 'wg0']
const whole = compile(desired, { leaving })
/** The IPv4 output of iptables-save. */
const saved = print(selectFamily(whole, 'ip'), 'iptables-save')
const ofChain = (ruleset: typeof whole) => lines(ruleset, 'filter', 'PORTOLAN-LEAVE')

describe('what leaves our bridges', () => {
  test('is accepted by the interfaces that lead to other machines, and by any where none is known', () => {
    expect(
      lines(whole, 'filter', 'PORTOLAN-ACCEPT').map((line) => line.replace(/-m comment \S+ ".*" /, '')),
    ).toEqual([
      '-i br-web -m conntrack --ctdir REPLY -j ACCEPT',
      '-o br-web -j ACCEPT',
      '-i br-web -g PORTOLAN-LEAVE',
    ])
    expect(ofChain(whole)).toEqual(['-o eth0 -j ACCEPT', '-o wg0 -j ACCEPT'])
    expect(ofChain(compile(desired))).toEqual(['-j ACCEPT'])
    expect(ofChain(compile(desired, { leaving: [] }))).toEqual([])
  })

  test('is accepted by no interface that iptables would read as several, or not at all', () => {
    expect(ofChain(compile(desired, { leaving: ['eth+', '-o', 'a b', '"', 'eth0'] }))).toEqual([
      '-o eth0 -j ACCEPT',
    ])
  })

  const facts: HostFacts = {
    interfaces: [
      { name: 'eth0', kind: 'ether', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
      { name: 'docker0', kind: 'bridge', addresses: ['172.18.0.1/16', 'fd00:18::1/64'] },
      { name: 'br-web', kind: 'bridge', addresses: ['10.200.1.1/24', 'fd00:200:1::1/64'] },
    ],
    routes: [
      { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
      { destination: '::/0', gateway: '2001:db8::1', interface: 'eth0' },
    ],
  }
  /** Portolan's rules on a host with FORWARD policy DROP. */
  const dropping = lower(
    {
      ...whole,
      tables: whole.tables.map((table) => ({
        ...table,
        chains: table.chains.map((chain) =>
          table.name === 'filter' && chain.kind === 'built-in' ? { ...chain, policy: 'DROP' } : chain,
        ),
      })),
    },
    { tool: 'iptables-nft' },
  )

  test.each([
    ['ip', '10.200.1.2', { outside: '198.51.100.9', engine: '172.18.0.2' }],
    ['ip6', 'fd00:200:1::2', { outside: '2001:db8:9::9', engine: 'fd00:18::2' }],
  ] as const)('is judged by the policy of FORWARD on the way to another engine, %s', (family, source, to) => {
    const ask = (destination: string, rules: Parameters<typeof prepare>[1]) =>
      prepare(facts, rules, { endpoints: [] }).evaluate({
        ...{ family, in: 'br-web', source, sourcePort: 40_000, destination, destinationPort: 80 },
        protocol: 'tcp',
      }).outcome
    expect(ask(to.outside, dropping)).toBe('forwarded')
    expect(ask(to.engine, dropping)).toBe('dropped')
    expect(ask(to.engine, lower(whole, { tool: 'iptables-nft' }))).toBe('forwarded')
  })

  test('is told by the last plan for every project, and stays when one goes', () => {
    const other = desiredState([], { project: 'other', networks: [network('two', 2)] })
    const both = adopt(whole, other, 'other', { leaving: ['eth0'] })
    expect(ofChain(both)).toEqual(['-o eth0 -j ACCEPT'])
    expect(ofChain(adopt(both, null, 'other'))).toEqual(['-o eth0 -j ACCEPT'])
    expect(ofChain(adopt(whole, other, 'other'))).toEqual(ofChain(whole))
    expect(ofChain(adopt(whole, other, 'other', { leaving: null }))).toEqual(['-j ACCEPT'])
    expect(ofChain(adopt(emptyRuleset, other, 'other'))).toEqual(['-j ACCEPT'])
    expect(adopt(both, null, 'demo').tables.some(({ name }) => name === 'filter')).toBe(true)
  })

  test('is what the host has now where rules are mended', () => {
    const networks = [{ project: 'demo', network: web }]
    const flushed = parse(saved.replaceAll(/^-A PORTOLAN-LEAVE .*\n/gm, ''))
    expect(wholeFamilies(whole, networks, leaving)).toEqual(['ip', 'ip6'])
    expect(wholeFamilies(whole, networks, ['eth0'])).toEqual([])
    expect(wholeFamilies(flushed, networks, leaving)).toEqual([])
    expect(ofChain(mend(flushed, { networks, leaving }).ruleset)).toEqual(ofChain(whole))
    expect(ofChain(mend(whole, { networks }).ruleset)).toEqual(ofChain(whole))
  })

  test('is not accepted by a rule that something else put into the chain', () => {
    const foreign = parse(
      saved.replaceAll(
        '-A PORTOLAN-LEAVE -o eth0 -j ACCEPT',
        '-A PORTOLAN-LEAVE ! -o eth1 -j ACCEPT\n-A PORTOLAN-LEAVE -o docker0 -p tcp -j ACCEPT\n-A PORTOLAN-LEAVE -o eth0 -j ACCEPT',
      ),
    )
    expect(ofChain(adopt(foreign, null, 'another'))).toEqual(ofChain(whole))
  })
})
