import { describe, expect, test } from '@jest/globals'
import { ParseError, protocolOf, readPacket } from '../../src/index.ts'

describe('a packet as JSON', () => {
  test('is read, its family told by its destination', () => {
    const text =
      '{"family": "ip", "in": "eth0", "source": "198.51.100.7", "sourcePort": 40000, "destination": "192.0.2.2", "destinationPort": 8080, "protocol": "tcp", "state": "new"}'
    expect(readPacket(text)).toEqual({
      family: 'ip',
      in: 'eth0',
      source: '198.51.100.7',
      sourcePort: 40000,
      destination: '192.0.2.2',
      destinationPort: 8080,
      protocol: 'tcp',
      state: 'new',
      port: null,
    })
    expect(readPacket('{"destination": "2001:db8::1", "protocol": "udp"}')).toMatchObject({
      family: 'ip6',
      in: null,
      source: null,
      state: 'new',
    })
  })

  test.each([
    ['{', 'one JSON object'],
    ['[]', 'expected a JSON object'],
    ['{}', 'destination: expected an IP address'],
    ['{"destination": "example.org"}', 'destination: "example.org" is not an IP address'],
    ['{"destination": "192.0.2.1", "family": "ip6"}', 'family'],
    ['{"destination": "192.0.2.1", "source": "::1"}', 'source: expected an address of the family'],
    ['{"destination": "192.0.2.1", "in": "eth0"}', 'source: expected an IP address, as "in" is given'],
    ['{"destination": "192.0.2.1", "protocol": "tcpp"}', 'protocol: "tcpp" is not known'],
    ['{"destination": "192.0.2.1", "destinationPort": 65536}', 'destinationPort: expected a whole number'],
    ['{"destination": "192.0.2.1", "dport": 22}', 'the key "dport" is unknown'],
    ['{"destination": "192.0.2.1", "state": "NEW"}', 'state: expected one of new'],
  ])('%s is refused, and the place named', (text, message) => {
    const read = (): unknown => readPacket(text, { source: 'packets.json', line: 7, column: 1 })
    expect(read).toThrow(ParseError)
    expect(read).toThrow(/^packets\.json:7:\d+: /)
    expect(read).toThrow(message)
  })

  test('protocols go by name or number', () => {
    expect(['tcp', 'UDP', 'ipv6-icmp', '132', 47, 'nosuch', 300].map(protocolOf)).toEqual([
      6,
      17,
      58,
      132,
      47,
      null,
      null,
    ])
  })
})

describe('a key that a packet does not have', () => {
  test.each([
    ['{"destination": "192.0.2.1", "destinatonPort": 22}', 30, 'destinationPort'],
    ['{"dport": 22, "destination": "192.0.2.1"}', 2, 'destinationPort'],
    ['{"saddr": "192.0.2.7"}', 2, 'source'],
    ['{ "iifname": "eth0"}', 3, 'in'],
  ])('%s is refused in its place, and what was meant is named', (text, column, meant) => {
    const read = (): unknown => readPacket(text, { source: 'packets.json', line: 7, column: 1 })
    expect(read).toThrow(new RegExp(`^packets.json:7:${column}: the key .* did you mean "${meant}"[?]$`))
  })
})
