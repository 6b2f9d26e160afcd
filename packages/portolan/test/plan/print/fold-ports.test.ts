import { describe, expect, test } from '@jest/globals'
import type { DesiredMapping, DesiredTarget } from '@portolan/core'
import fc from 'fast-check'
import { foldPorts } from '../../../src/plan/print/fold-ports.ts'
import { printPorts } from '../../../src/plan/print/print-ports.ts'
import { plainLook } from '../../../src/text/look.ts'

const target = (port: number, more: Partial<DesiredTarget> = {}): DesiredTarget => ({
  ...{ service: 'web', replica: 1, network: 'front', address: '10.0.0.1', weight: 1 },
  port,
  ...more,
})

const mapping = (
  hostPort: number,
  to: number | DesiredMapping['targets'],
  more: Partial<DesiredMapping> = {},
): DesiredMapping => ({
  ...{ label: 'unused', family: 'ip', protocol: 'tcp', kind: 'nat', hostAddress: null, interface: null },
  ...{ allowFrom: null, hostPort, targets: typeof to === 'number' ? [target(to)] : to },
  ...more,
})

const ip6 = (hostPort: number, to: number, more: Partial<DesiredMapping> = {}): DesiredMapping =>
  mapping(hostPort, [target(to, { address: 'fd00::1' })], { family: 'ip6', ...more })

const printed = (...mappings: DesiredMapping[]): readonly string[] =>
  printPorts(mappings, plainLook).map((line) => line.trim().replaceAll(/ {2,}/g, '  '))

describe('published ports', () => {
  test.each<[what: string, mappings: DesiredMapping[], lines: string[]]>([
    ['one', [mapping(8080, 80)], ['0.0.0.0:8080/tcp  -> web:80  network front']],
    ['of IPv6 alone', [ip6(8080, 80)], ['[::]:8080/tcp  -> web:80  network front']],
    ['of both families', [mapping(8080, 80), ip6(8080, 80)], ['8080/tcp  -> web:80  network front']],
    [
      'of several host addresses',
      [mapping(81, 80, { hostAddress: '127.0.0.1' }), ip6(81, 80, { hostAddress: '2001:db8::1' })],
      ['127.0.0.1:81/tcp, [2001:db8::1]:81/tcp  -> web:80  network front'],
    ],
    [
      'whose targets run in step',
      [mapping(8000, 80), mapping(8001, 81), mapping(8002, 82)],
      ['0.0.0.0:8000-8002/tcp  -> web:80-82  network front'],
    ],
    [
      'that lead to the same ports, in both families',
      [mapping(50, 50), mapping(51, 51), ip6(50, 50), ip6(51, 51)],
      ['50-51/tcp  -> web  network front'],
    ],
    [
      'that all lead to one',
      [mapping(8000, 80), mapping(8001, 80), mapping(8002, 80)],
      ['0.0.0.0:8000-8002/tcp  -> web:80  network front'],
    ],
    [
      'out of step',
      [mapping(8000, 80), mapping(8001, 82), mapping(8002, 83), mapping(8003, 83)],
      [
        '0.0.0.0:8000/tcp  -> web:80  network front',
        '0.0.0.0:8001-8002/tcp  -> web:82-83  network front',
        '0.0.0.0:8003/tcp  -> web:83  network front',
      ],
    ],
    [
      'with a gap, or in falling order',
      [mapping(8000, 80), mapping(8002, 82), mapping(8001, 81)],
      [
        '0.0.0.0:8000/tcp  -> web:80  network front',
        '0.0.0.0:8002/tcp  -> web:82  network front',
        '0.0.0.0:8001/tcp  -> web:81  network front',
      ],
    ],
    [
      'of two protocols',
      [mapping(53, 53), mapping(53, 53, { protocol: 'udp' })],
      ['0.0.0.0:53/tcp  -> web:53  network front', '0.0.0.0:53/udp  -> web:53  network front'],
    ],
    [
      'restricted, in both families by one list',
      [mapping(80, 80, { allowFrom: ['192.0.2.0/24'] }), ip6(80, 80, { allowFrom: ['2001:db8::/64'] })],
      ['80/tcp  -> web:80  network front  from 192.0.2.0/24, 2001:db8::/64 only'],
    ],
    [
      'closed in one family',
      [mapping(80, 80, { allowFrom: ['192.0.2.0/24'] }), ip6(80, 80, { allowFrom: [] })],
      ['80/tcp  -> web:80  network front  from 192.0.2.0/24 only'],
    ],
    [
      'closed to all other machines',
      [mapping(80, 80, { allowFrom: [] })],
      ['0.0.0.0:80/tcp  -> web:80  network front  from no other machine'],
    ],
    [
      'open in one family alone',
      [mapping(80, 80), ip6(80, 80, { allowFrom: [] })],
      [
        '0.0.0.0:80/tcp  -> web:80  network front',
        '[::]:80/tcp  -> web:80  network front  from no other machine',
      ],
    ],
    [
      'restricted otherwise at each host address',
      [
        mapping(80, 80, { hostAddress: '192.0.2.1', allowFrom: ['10.0.0.0/8'] }),
        mapping(80, 80, { hostAddress: '192.0.2.2', allowFrom: ['10.1.0.0/16'] }),
      ],
      [
        '192.0.2.1:80/tcp  -> web:80  network front  from 10.0.0.0/8 only',
        '192.0.2.2:80/tcp  -> web:80  network front  from 10.1.0.0/16 only',
      ],
    ],
    [
      'by one interface',
      [mapping(80, 80, { interface: 'eth0' }), mapping(81, 81, { interface: 'eth1' })],
      [
        '0.0.0.0:80/tcp on eth0  -> web:80  network front',
        '0.0.0.0:81/tcp on eth1  -> web:81  network front',
      ],
    ],
    [
      'shared by weight',
      [mapping(80, [target(80), target(81, { service: 'new', replica: 2, weight: 3, network: 'back' })])],
      ['0.0.0.0:80/tcp  -> web:80 and new-2:81 (weight 3)  network front, back'],
    ],
    [
      'without translation',
      [mapping(80, 80, { kind: 'direct' })],
      ['0.0.0.0:80/tcp  -> web:80  network front  at the address of the container'],
    ],
  ])('%s', (_what, mappings, lines) => {
    expect(printed(...mappings)).toEqual(lines.map((line) => line))
  })

  test('are all in what is folded, and nothing else is', () => {
    const some = fc.record({
      hostPort: fc.integer({ min: 1, max: 6 }),
      to: fc.integer({ min: 1, max: 6 }),
      isIp6: fc.boolean(),
      hostAddress: fc.constantFrom(null, 'A', 'B'),
      allowFrom: fc.constantFrom(null, [], ['S'], ['T']),
      protocol: fc.constantFrom('tcp', 'udp'),
    } as const)
    const socket = ({ family, hostAddress, hostPort, protocol }: DesiredMapping): string =>
      [family, hostAddress, hostPort, protocol].join()
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), (drawn) => {
        const mappings = drawn
          .map(({ hostPort, to, isIp6, hostAddress, allowFrom, protocol }) => {
            const more = { hostAddress, allowFrom, protocol }
            return isIp6 ? ip6(hostPort, to, more) : mapping(hostPort, to, more)
          })
          .filter((one, at, all) => all.findIndex((other) => socket(other) === socket(one)) === at)
        const unfolded = foldPorts(mappings).flatMap(
          ({ hosts, first, last, step, targets, allowFrom, protocol }) =>
            hosts.flatMap(({ family, hostAddress }) =>
              Array.from({ length: last - first + 1 }, (_, along) =>
                [
                  family,
                  hostAddress,
                  first + along,
                  protocol,
                  (targets[0]?.port ?? 0) + along * step,
                  allowFrom === null,
                ].join(),
              ),
            ),
        )
        expect(unfolded.toSorted()).toEqual(
          mappings.map((one) => [socket(one), one.targets[0].port, one.allowFrom === null].join()).toSorted(),
        )
      }),
    )
  })
})
