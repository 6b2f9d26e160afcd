import { describe, expect, test } from '@jest/globals'
import type { HostFacts, Packet } from '@portolan/netfilter'
import { parseWords } from '../../src/command/options/options.ts'
import { readPacketWords } from '../../src/command/output/packet-words.ts'
import { explainLine } from '../../src/report/page/explain-line.ts'
import { type Question, readQuestion } from '../../src/report/page/read-question.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
  ],
}
const blank: Question = {
  ...{ isByHost: false, source: '192.0.2.9', sourcePort: '', entry: '' },
  ...{ destination: '192.0.2.2', destinationPort: '8080', protocol: 'tcp' },
}

/** The packet that `portolan explain` reads from a line. */
const explained = (line: string): Packet => {
  const words = line.split(' ').map((word) => word.replaceAll("'", ''))
  return readPacketWords(parseWords(words.slice(2)).options, facts)
}

describe('a question of the form', () => {
  test.each<[string, Partial<Question>]>([
    ['a neighbour', {}],
    ['a neighbour with a port', { sourcePort: ' 40000 ' }],
    ['a neighbour, by an interface', { entry: 'eth0' }],
    ['a process of the host', { isByHost: true, source: 'x', sourcePort: '7', entry: 'eth0' }],
    ['an address of the host itself', { source: '192.0.2.2' }],
    [
      'IPv6, not in its canonical form',
      { source: '2001:DB8:0::9', destination: '2001:db8:0::2', protocol: 'udp' },
    ],
    ['a protocol without ports', { protocol: 'icmp', sourcePort: '5' }],
  ])('is read as explain reads the line that the page names: %s', (_, words) => {
    const read = readQuestion({ ...blank, ...words }, facts)
    if (read.kind !== 'packet') throw new Error(read.message)
    expect(explained(explainLine(read.packet))).toEqual(read.packet)
  })

  test.each<[Partial<Question>, string, RegExp]>([
    [{ destination: '' }, 'destination', /^The destination is missing\. Write an address/],
    [{ destination: 'web' }, 'destination', /^The destination "web" is not an IP address/],
    [{ source: '' }, 'source', /^The source is missing/],
    [{ source: '2001:db8::9' }, 'source', /of two families/],
    [{ source: '203.0.113.9' }, 'source', /^No route of the host leads back to 203\.0\.113\.9/],
    [{ entry: 'br-web' }, 'entry', /^The host has no interface br-web as yet/],
    [{ destinationPort: '' }, 'destination-port', /needs a port from 0 to 65535/],
    [{ destinationPort: '65536' }, 'destination-port', /needs a port/],
    [{ sourcePort: '-1' }, 'source-port', /needs a port/],
  ])('with %j has a mistake in %s', (words, field, message) => {
    expect(readQuestion({ ...blank, ...words }, facts)).toEqual({
      kind: 'mistake',
      field,
      message: expect.stringMatching(message),
    })
  })
})
