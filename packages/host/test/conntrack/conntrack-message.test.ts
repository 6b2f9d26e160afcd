import { describe, expect, test } from '@jest/globals'
import { eachMessage } from '@portolan/core/netlink'
import type { ConntrackEntry } from '../../src/conntrack/conntrack-message.ts'
import { parseConntrack } from '../../src/conntrack/conntrack-message.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))

const parse = (hex: string): ConntrackEntry | null | undefined => {
  let found: ConntrackEntry | null | undefined
  eachMessage(bytes(hex), (part) => {
    found = parseConntrack(part)
  })
  return found
}

/** 10.0.0.9:40000 -> 192.0.2.1:5353/udp, answered by 172.17.0.2:53; status 0x2a is SEEN_REPLY, CONFIRMED, DST_NAT. */
const original = `3400 0180 1400 0180 0800 0100 0a000009 0800 0200 c0000201
  1c00 0280 0500 0100 11000000 0600 0200 9c400000 0600 0300 14e90000`
const reply = `3400 0280 1400 0180 0800 0100 ac110002 0800 0200 0a000009
  1c00 0280 0500 0100 11000000 0600 0200 00350000 0600 0300 9c400000`
const entry = (status: string) => `8c000000 0001 0200 01000000 00000000 02000000
  ${original} ${reply} 0800 0300 ${status} 0800 0c00 deadbeef`

describe('parseConntrack', () => {
  test('both directions of a translated flow are read', () => {
    expect(parse(entry('0000002a'))).toMatchObject({
      family: 'ip',
      destinationTranslated: true,
      original: {
        source: '10.0.0.9',
        destination: '192.0.2.1',
        protocol: 17,
        sourcePort: 40000,
        destinationPort: 5353,
      },
      reply: {
        source: '172.17.0.2',
        destination: '10.0.0.9',
        protocol: 17,
        sourcePort: 53,
        destinationPort: 40000,
      },
    })
  })

  test('a flow whose source alone was translated is not one of a mapping', () => {
    expect(parse(entry('0000001a'))?.destinationTranslated).toBe(false)
  })

  test('what names it to the kernel is its own tuple and id, byte for byte, and not the reply', () => {
    expect(Buffer.from(parse(entry('0000002a'))?.deletion ?? []).toString('hex')).toBe(
      Buffer.from(bytes(`02000000 ${original} 0800 0c00 deadbeef`)).toString('hex'),
    )
  })

  test('an entry of another family, or without a reply, is none', () => {
    expect(parse(entry('0000002a').replace('02000000\n', '07000000\n'))).toBeNull()
    expect(parse(`48000000 0001 0200 01000000 00000000 02000000 ${original}`)).toBeNull()
  })

  const withMore = (...attributes: readonly string[]): string => {
    const more = attributes.join('').replaceAll(/\s/g, '')
    const length = 0x8c + more.length / 2
    return `${entry('0000002a').replace(/^8c/, length.toString(16))}${more}`
  }

  test('packets and bytes of both directions are added; without accounting there are none', () => {
    const counters = (type: string, packets: string, bytes: string): string =>
      `1c00 ${type} 0c00 0100 00000000${packets} 0c00 0200 00000000${bytes}`
    expect(parse(entry('0000002a'))?.counted).toBeNull()
    expect(
      parse(withMore(counters('0980', '00000003', '00000100'), counters('0a80', '00000002', '00010000')))
        ?.counted,
    ).toEqual({ packets: 5, bytes: 0x1_0100 })
  })

  test.each([
    ['an established connection of TCP', '0180', '03', false],
    ['one that is being closed', '0180', '04', false],
    ['one in TIME_WAIT', '0180', '07', true],
    ['one that was reset', '0180', '08', true],
    ['an established association of SCTP', '0380', '04', false],
    ['one that is closed', '0380', '01', true],
  ])('%s has ended or not', (_name, protocol, state, ended) => {
    expect(parse(withMore(`1000 0480 0c00 ${protocol} 0500 0100 ${state}000000`))?.ended).toBe(ended)
    expect(parse(entry('0000002a'))?.ended).toBe(false)
  })
})
