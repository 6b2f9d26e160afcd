import { describe, expect, test } from '@jest/globals'
import { type FlowSource, packetsOfDesired, type Reach, reach } from '../../src/contract/index.ts'
import { container, desired, flow, host, machine, network, process } from './state.ts'

const state = desired({ networks: [network('web', { external: true }), network('db')] })
const guarded = { ...state, guardForwarding: true }

const inWords = (outcome: Reach): string => {
  if (outcome.kind === 'outside') return `outside as ${outcome.seenAs}`
  if (outcome.kind !== 'delivered') return outcome.kind
  return `${outcome.to.map(({ address, port }) => `${address}:${port}`).join(' or ')} seen as ${outcome.seenAs}`
}

const ours = container('web', '172.17.0.2')
const theirs = container('web', '172.17.0.3')
const theirs6 = container('web', 'fd00:17::3')
const far = container('db', '172.18.0.3')

describe('a network of others', () => {
  test.each<[string, FlowSource, string, number, string]>([
    ['a container of theirs is for their rules', machine(), '172.17.0.3', 80, 'foreign'],
    ['... in IPv6', machine('2001:db8:9::9'), 'fd00:17::3', 80, 'foreign'],
    ['... from the host', process, '172.17.0.3', 80, 'foreign'],
    ['... from a container of ours on the same bridge', ours, '172.17.0.3', 80, 'foreign'],
    ['... from a container of ours on another bridge', far, '172.17.0.3', 80, 'foreign'],
    ['a container of ours is closed', machine(), '172.17.0.2', 80, 'dropped'],
    ['... in IPv6', machine('2001:db8:9::9'), 'fd00:17::2', 80, 'dropped'],
    ['... from a container of ours on another bridge', far, '172.17.0.2', 80, 'dropped'],
    ['... and open on the same bridge', theirs, '172.17.0.2', 81, '172.17.0.2:81 seen as own'],
    ['what theirs send out is for their rules', theirs, '198.51.100.1', 443, 'foreign'],
    ['... in IPv6', theirs6, '2001:db8:9::9', 443, 'foreign'],
    ['what ours send out is masqueraded', ours, '198.51.100.1', 443, 'outside as host'],
    ['a port of ours, from theirs', theirs, '192.0.2.2', 8080, '172.17.0.2:80 seen as gateway'],
    [
      '... from a machine that forges an address of theirs',
      machine('172.17.0.3'),
      '192.0.2.2',
      8080,
      '172.17.0.2:80 seen as gateway',
    ],
    [
      '... from a machine that forges an address of ours',
      machine('172.17.0.2'),
      '192.0.2.2',
      8080,
      'dropped',
    ],
    ['another bridge of ours is closed to theirs', theirs, '172.18.0.3', 80, 'dropped'],
  ])('%s', (_, from, to, port, expected) => {
    expect(inWords(reach(state, flow(from, to, port), host))).toBe(expected)
  })

  test('is not what a guard of forwarding is for', () => {
    const kind = (to: string): string => reach(guarded, flow(machine(), to, 80), host).kind
    expect([kind('172.17.0.3'), kind('198.51.100.1')]).toEqual(['foreign', 'dropped'])
  })

  test('has packets of ours where they are of our own containers', () => {
    const boxes = packetsOfDesired({ ...state, networks: state.networks.slice(0, 1), mappings: [] })
    expect([
      ...new Set(boxes.flatMap(({ sources, destinations }) => [...(sources ?? []), ...(destinations ?? [])])),
    ]).toEqual(['172.17.0.2', 'fd00:17::2'])
    expect(
      packetsOfDesired({ ...state, networks: state.networks.slice(0, 1), mappings: [], endpoints: [] }),
    ).toEqual([])
  })
})
