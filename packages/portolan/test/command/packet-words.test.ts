import { describe, expect, test } from '@jest/globals'
import { readPacketWords } from '../../src/command/output/packet-words.ts'

const facts = {
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
  ],
}

describe('a packet in words', () => {
  test('has an address, a port and a protocol, and comes in where the way back to its sender leaves', () => {
    expect(readPacketWords({ from: '192.0.2.9:40000', to: '192.0.2.2:8080/tcp' }, facts)).toEqual({
      family: 'ip',
      in: 'eth0',
      source: '192.0.2.9',
      sourcePort: 40000,
      destination: '192.0.2.2',
      destinationPort: 8080,
      protocol: 'tcp',
    })
  })

  test('may be IPv6, in brackets, and is made canonical', () => {
    expect(readPacketWords({ from: '[2001:DB8:0::9]', to: '[2001:db8::2]:53/udp' }, facts)).toMatchObject({
      family: 'ip6',
      in: 'eth0',
      source: '2001:db8::9',
      destination: '2001:db8::2',
      destinationPort: 53,
    })
  })

  test('has no port where the protocol has none, and no brackets are needed then', () => {
    const packet = readPacketWords({ from: '2001:db8::9', to: '2001:db8::2/icmpv6' }, facts)
    expect(packet).toMatchObject({ source: '2001:db8::9', sourcePort: null, destinationPort: null })
  })

  test.each([[{}], [{ from: '192.0.2.2' }], [{ from: '127.0.0.1:1' }]])(
    'is of the host itself without a sender, or with one of its addresses: %j',
    (words) => {
      expect(readPacketWords({ ...words, to: '192.0.2.9:80' }, facts).in).toBeNull()
    },
  )

  test.each([
    [{}, /--to is missing: expected 192\.0\.2\.2:8080\/tcp/],
    [{ to: 'web:80/tcp' }, /"web" is not an IP address/],
    [{ to: '192.0.2.2/tcp' }, /a port is missing/],
    [{ to: '192.0.2.2:80/icmp' }, /icmp has no ports\. Leave ":80" out/],
    [{ to: '192.0.2.2:80/tcq' }, /"tcq" is not a protocol/],
    [{ to: '192.0.2.2:99999/tcp' }, /a port from 0 to 65535/],
    [{ to: '2001:db8::2:80/tcp' }, /a port is missing/],
    [{ to: '192.0.2.2:80/tcp/x' }, /expected 192\.0\.2\.2:8080\/tcp/],
    [{ to: '192.0.2.2:80', from: '2001:db8::9' }, /two families/],
    [{ to: '192.0.2.2:80', from: '203.0.113.9' }, /no route .* leads back to 203\.0\.113\.9.*--in/],
    [{ to: '192.0.2.2:80', from: '192.0.2.9', in: 'eth7' }, /no such interface; it has lo, eth0/],
    [{ to: '192.0.2.2:80', in: 'eth0' }, /needs a sender/],
  ])('%j is refused with what is expected', (words, message) => {
    expect(() => readPacketWords(words, facts)).toThrow(message)
  })
})
