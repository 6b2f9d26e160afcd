import { describe, expect, test } from '@jest/globals'
import * as netfilter from '../src/index.ts'

const packet: netfilter.PacketInput = {
  family: 'ip',
  ...{ in: 'eth0', source: '198.51.100.7', sourcePort: 40000 },
  ...{ destination: '192.0.2.2', destinationPort: 8080, protocol: 'tcp' },
}
const facts = { interfaces: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }] }
const outcome = netfilter.evaluate(packet, facts, [])
const story = netfilter.explain(packet, outcome)

/**
 * Calls that work. Each argument in turn is replaced by values of other types, as a JavaScript caller may pass them.
 */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  evaluate: [packet, facts, [], { endpoints: [] }],
  prepare: [facts, [], { endpoints: [] }],
  explain: [packet, outcome, { sockets: [] }],
  printStory: [story],
  findAnomalies: [[], { packets: [] }],
  readPacket: [JSON.stringify(packet)],
  parseHostFacts: ['{}', 'host.json'],
  parseJson: ['{}', 'a.json', (found: string) => found],
  entryOf: [facts, '192.0.2.9'],
  parseAddress: ['10.0.0.1'],
  parsePrefix: ['10.0.0.0/8'],
  parseHostOrPrefix: ['10.0.0.1'],
  parseInterfaceAddress: ['10.0.0.1/8'],
  tryParseAddress: ['10.0.0.1'],
  tryParsePrefix: ['10.0.0.0/8'],
  tryParseHostOrPrefix: ['10.0.0.1'],
  tryParseInterfaceAddress: ['10.0.0.1/8'],
  tryParseAddress4: ['10.0.0.1'],
  tryParseAddress6: ['::1'],
  canonicalAddress: ['10.0.0.1'],
  canonicalPrefix: ['10.0.0.0/8'],
  canonicalHostOrPrefix: ['10.0.0.1'],
  prefixContains: ['10.0.0.0/8', '10.0.0.1'],
  familyOf: ['10.0.0.1'],
  macFromAddress: ['10.0.0.1'],
  protocolOf: ['tcp'],
}

const values: readonly unknown[] = [undefined, null, 5, 'x', {}, [], [null], true, () => 0, Symbol('s')]

// Callers in JavaScript pass whatever they like.
const functions = netfilter as unknown as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>

describe('functions of portolan/netfilter', () => {
  test.each(Object.entries(calls))(
    '%s fails with an error of Portolan, whatever it is given',
    (name, args) => {
      const call = functions[name]
      if (call === undefined) throw new Error(`${name} is not exported`)
      call(...args)
      const wrong = args.flatMap((_, at) =>
        values.flatMap((value) => {
          try {
            call(...args.map((arg, index) => (index === at ? value : arg)))
          } catch (error) {
            return error instanceof netfilter.PortolanError ? [] : [`${at}: ${String(value)}: ${error}`]
          }
          return []
        }),
      )
      expect(wrong).toEqual([])
    },
  )

  test.each([
    [
      'evaluate',
      [{ ...packet, destinationPort: '80' }, facts, []],
      'destinationPort in the keys of the packet is "80": expected a whole number from 0 to 65535, or null.',
    ],
    ['evaluate', [{ ...packet, dport: 80 }, facts, []], 'the keys of the packet have no "dport"'],
    [
      'evaluate',
      [{ ...packet, family: undefined }, facts, []],
      'family of the packet is missing: expected one of ip, ip6.',
    ],
    ['evaluate', [packet, [], []], 'the facts is []: expected an object such as readHost() gives.'],
    [
      'evaluate',
      [packet, facts, '*filter'],
      'the argument rulesets is "*filter": expected a ruleset such as lower() gives, or a list of them.',
    ],
    [
      'evaluate',
      [packet, facts, [], { endpoint: [] }],
      'the options of evaluate have no "endpoint": expected endpoints. Did you mean "endpoints"?',
    ],
    ['explain', [packet, {}], 'the outcome is {}: expected what evaluate() gives.'],
    ['printStory', [outcome], 'expected what explain() gives.'],
    [
      'findAnomalies',
      [[], {}],
      'packets in the options of findAnomalies is missing: expected a list such as packetsOfDesired() gives.',
    ],
    [
      'parseHostFacts',
      [{}, 'host.json'],
      'the text of the facts is {}: expected a text of JSON, as "portolan inspect" prints it.',
    ],
  ])('%s names the argument: %#', (name, args, words) => {
    const call = functions[name]
    expect(() => call?.(...args)).toThrow(netfilter.InvalidRequestError)
    expect(() => call?.(...args)).toThrow(words)
  })
})
