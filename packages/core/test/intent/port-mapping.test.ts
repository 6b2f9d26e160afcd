import { describe, expect, test } from '@jest/globals'
import { type PortMapping, parsePortMapping, printPortMapping } from '@portolan/core'
import { ParseError, PortolanError } from '@portolan/netfilter'
import fc from 'fast-check'

const range = (first: number, last = first) => ({ first, last })
const mapping = (
  hostAddress: string | null,
  hostPorts: PortMapping['hostPorts'],
  containerPorts: PortMapping['containerPorts'],
  protocol: PortMapping['protocol'] = 'tcp',
): PortMapping => ({ hostAddress, hostPorts, containerPorts, protocol })

describe('a port mapping in the short syntax', () => {
  test.each<[string, PortMapping]>([
    ['80', mapping(null, null, range(80))],
    ['3000-3005', mapping(null, null, range(3000, 3005))],
    ['8080:80', mapping(null, range(8080), range(80))],
    ['9090-9091:8080-8081', mapping(null, range(9090, 9091), range(8080, 8081))],
    ['8000-9000:80', mapping(null, range(8000, 9000), range(80))],
    ['127.0.0.1:8001:8001', mapping('127.0.0.1', range(8001), range(8001))],
    ['127.0.0.1:5000-5010:5000-5010', mapping('127.0.0.1', range(5000, 5010), range(5000, 5010))],
    ['127.0.0.1::80', mapping('127.0.0.1', null, range(80))],
    ['[::1]:6000:6000', mapping('::1', range(6000), range(6000))],
    ['[::1]:6001:6001', mapping('::1', range(6001), range(6001))],
    ['[::]:80:80', mapping('::', range(80), range(80))],
    ['[2001:DB8:0:0::1]:443:443', mapping('2001:db8::1', range(443), range(443))],
    ['0.0.0.0:80:80', mapping('0.0.0.0', range(80), range(80))],
    ['[::ffff:127.0.0.1]:80:80', mapping('127.0.0.1', range(80), range(80))],
    ['6060:6060/udp', mapping(null, range(6060), range(6060), 'udp')],
    ['5060:5060/SCTP', mapping(null, range(5060), range(5060), 'sctp')],
    ['53/UDP', mapping(null, null, range(53), 'udp')],
    [':80', mapping(null, null, range(80))],
    ['0:80', mapping(null, null, range(80))],
    ['127.0.0.1:0:80', mapping('127.0.0.1', null, range(80))],
    ['22:22', mapping(null, range(22), range(22))],
    ['65535:65535', mapping(null, range(65535), range(65535))],
  ])('%s is read', (text, expected) => {
    expect(parsePortMapping(text)).toEqual(expected)
  })

  test.each<[string, string, number, RegExp]>([
    ['nothing at all', '', 1, /expected a container port/],
    ['no container port', '8080:', 6, /expected a container port/],
    ['port 0 in the container', '8080:0', 6, /container port 0 does not exist/],
    ['port 0 in a range of the host', '0-2:80', 1, /host port 0 does not exist/],
    ['a port beyond 65535', '80:65536', 4, /too large: expected 1 to 65535/],
    ['a range beyond 65535', '65530-65536:80', 7, /too large/],
    ['a backwards range', '8010-8000:80', 1, /runs backwards: expected 8000-8010/],
    ['ranges of different length', '127.0.0.1:80-82:80-81', 11, /80-82 is 3 ports and 80-81 is 2 ports/],
    ['one host port for two of the container', '80:80-81', 1, /is 1 port and/],
    ['an unknown protocol', '80:80/http', 7, /expected the protocol tcp, udp or sctp, found "http"/],
    ['no protocol after the slash', '80:80/', 7, /expected the protocol/],
    ['a host name', 'localhost:80:80', 1, /host names are not looked up/],
    [
      'brackets around IPv4',
      '[127.0.0.1]:80:80',
      1,
      /expected an IPv4 address or an IPv6 address in brackets/,
    ],
    ['an address without a host port', '[::1]:80', 6, /expected a host port between/],
    ['an address with a zone', '[fe80::1%eth0]:80:80', 1, /expected an IPv4 address/],
    ['leading zeros in an address', '127.0.0.01:80:80', 1, /expected an IPv4 address/],
    ['words', 'web', 1, /found "web"/],
    ['a space', '80: 80', 4, /found " 80"/],
    ['a negative port', '-80', 1, /nothing is there/],
    ['a protocol on the host side', '80/udp:80', 1, /found "80\/udp"/],
  ])('%s is refused at its column', (_, text, column, message) => {
    expect.assertions(4)
    try {
      parsePortMapping(text, 'here')
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError)
      expect(error).toMatchObject({ source: 'here', line: 1, snippet: text })
      expect(error).toHaveProperty('column', column)
      expect(String(error)).toMatch(message)
    }
  })
})

const port = fc.integer({ min: 1, max: 65535 })
const portRange = fc.tuple(port, port).map(([a, b]) => range(Math.min(a, b), Math.max(a, b)))
const address = fc.option(fc.oneof(fc.ipV4(), fc.ipV6()), { nil: null })

/** Both sides as long, or one container port, or no host port: what the type promises. */
const anyMapping = fc
  .tuple(
    address,
    portRange,
    portRange,
    fc.constantFrom('same', 'single', 'none'),
    fc.constantFrom('tcp', 'udp', 'sctp'),
  )
  .map(([host, left, right, shape, protocol]) => {
    const length = Math.min(left.last - left.first, right.last - right.first)
    const same = mapping(
      host,
      range(left.first, left.first + length),
      range(right.first, right.first + length),
      protocol,
    )
    if (shape === 'single') return { ...same, hostPorts: left, containerPorts: range(right.first) }
    return shape === 'none' ? { ...same, hostPorts: null, containerPorts: right } : same
  })

describe('printing a port mapping', () => {
  test('what is printed is read back as the same mapping, and prints the same again', () => {
    fc.assert(
      fc.property(anyMapping, (written) => {
        const read = parsePortMapping(printPortMapping(written))
        expect({ ...read, hostAddress: null }).toEqual({ ...written, hostAddress: null })
        expect(parsePortMapping(printPortMapping(read))).toEqual(read)
      }),
    )
  })

  test.each([['127.0.0.1::80/udp'], ['[::1]:53:53/udp'], ['8000-8010:80'], ['80'], ['8080:80/sctp']])(
    '%s is already the shortest form',
    (text) => {
      expect(printPortMapping(parsePortMapping(text))).toBe(text)
    },
  )
})

test('no text makes the reader fail in any other way than with an error of ours', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'0123456789:-/[].tcpudf% '), maxLength: 24 })
  fc.assert(
    fc.property(fc.oneof(noise, fc.string({ unit: 'binary' })), (text) => {
      try {
        const read = parsePortMapping(text)
        expect(read.containerPorts.first).toBeGreaterThanOrEqual(1)
        expect(read.containerPorts.last).toBeLessThanOrEqual(65535)
      } catch (error) {
        expect(error).toBeInstanceOf(PortolanError)
      }
    }),
  )
})
