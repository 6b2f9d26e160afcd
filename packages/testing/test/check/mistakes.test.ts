import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { arbitraryFlow, arbitraryForeignRules, arbitraryIntent, fakeHost, smallHost } from '@portolan/testing'
import fc from 'fast-check'
import { IPv4 } from 'ip-num'
import { awaited, flow, made, packet, shop, untyped } from './calls-with-mistakes.ts'

const sent: readonly (readonly [string, unknown, string])[] = [
  ['nothing', undefined, 'expected a packet'],
  ['an empty object', {}, 'destination: expected an IP address, found nothing'],
  [
    'a port as a text',
    { ...packet, destinationPort: '80' },
    'destinationPort: expected a whole number from 0 to 65535, found "80"',
  ],
  ['a port beyond the last', { ...packet, destinationPort: 99999 }, 'found 99999'],
  ['a key of nft', { ...packet, dport: 80 }, '"dport" is not known'],
  ['a misspelt key', { ...packet, destinatonPort: 80 }, 'did you mean "destinationPort"?'],
  [
    'an interface that is not there',
    { ...packet, in: 'nope0' },
    'in: expected an interface of this host (lo, eth0), found "nope0"',
  ],
  ['an interface as a number', { ...packet, in: 5 }, 'in: expected a string or null'],
  ['no family', { ...packet, family: undefined }, 'family: expected one of ip, ip6'],
  ['another family', { ...packet, family: 'ip6' }, 'family: the destination is an ip address'],
  ['a source of another family', { ...packet, source: '::1' }, 'source: expected an address of the family'],
  ['no address', { ...packet, source: 'client' }, 'source: expected an IP address, found "client"'],
  ['no protocol', { ...packet, protocol: undefined }, 'protocol: expected the name of a protocol'],
  ['an unknown protocol', { ...packet, protocol: 'tpc' }, 'protocol: "tpc" is not known'],
  ['an unknown state', { ...packet, state: 'old' }, 'state: expected one of new'],
  ['a flow without its end', { ...flow, to: undefined }, 'to: expected an address and a port as an object'],
  ['a flow with a text for a port', { ...flow, to: { ...flow.to, port: '80' } }, 'to.port: expected a port'],
  ['a flow of icmp', { ...flow, protocol: 'icmp' }, 'protocol: expected one of tcp, udp, sctp, echo-request'],
  ['a flow of no kind', { ...flow, from: { ...flow.from, kind: 'machin' } }, 'did you mean "machine"?'],
  [
    'a flow by no interface',
    { ...flow, from: { ...flow.from, interface: 'nope0' } },
    'from.interface: expected an interface of this host',
  ],
  [
    'a flow of two families',
    { ...flow, to: { address: '::1', port: 80 } },
    'to.address: expected an address of ip',
  ],
  [
    'a flow of no address',
    { ...flow, from: { ...flow.from, address: null } },
    'from.address: expected an IP address',
  ],
]

describe('a mistake of a caller', () => {
  test.each(made)('%s is told as one', (_call, make, told) => {
    const host = fakeHost()
    expect(() => make(host)).toThrow(InvalidRequestError)
    expect(() => make(host)).toThrow(told)
  })

  test.each(awaited)('%s is told as one', async (_call, make, told) => {
    const host = fakeHost()
    await expect(make(host)).rejects.toThrow(InvalidRequestError)
    await expect(make(host)).rejects.toThrow(told)
  })

  test.each(sent)('is told of a packet: %s', (_name, value, told) => {
    const host = fakeHost()
    expect(() => host.send(untyped(value))).toThrow(InvalidRequestError)
    expect(() => host.send(untyped(value))).toThrow(told)
  })

  test.each(['banana', 'nft', 'iptables', undefined])('is told of the dialect %j', (dialect) => {
    expect(() => arbitraryForeignRules(untyped(dialect))).toThrow(
      'expected one of nftables, iptables-nft, iptables-legacy',
    )
  })

  test.each([-1, 10, 1.5, 'x'])('is told of the project %j', (project) => {
    expect(() => arbitraryIntent(untyped({ project }))).toThrow('give a whole number of 0 to 9')
  })
})

describe('what is right', () => {
  test('is taken: values of ip-num, undefined keys, rules of another host', async () => {
    const host = fakeHost(smallHost, untyped({ iptables: undefined, nft: '' }))
    const { outcome } = host.send(untyped({ ...packet, source: new IPv4('198.51.100.7'), mark: undefined }))
    expect(outcome).toBe('local')
    await host.apply(await host.plan(shop))
    const copy = fakeHost(host.facts, host.rules)
    // The copy has the rules, but no project with this container.
    expect(copy.send({ ...packet, destinationPort: 8080 }).outcome).toBe('forwarded')
    await host.destroy({})
  })

  test('is every flow that is drawn for a host without interfaces', async () => {
    const host = fakeHost({})
    await host.apply(await host.plan(shop))
    for (const drawn of fc.sample(arbitraryFlow(host), 50)) expect(() => host.send(drawn)).not.toThrow()
  })
})
