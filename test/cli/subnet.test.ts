import { describe, expect, test } from '@jest/globals'
import { busyHost, quietHost } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({
  'host.json': quietHost,
  'busy.json': busyHost,
  'link.json': JSON.stringify({
    interfaces: [{ name: 'eth0', addresses: ['10.0.0.2/20'] }],
    routes: [
      { destination: '10.0.0.0/20', interface: 'eth0' },
      { destination: '10.0.0.2/32', interface: 'eth0', type: 'local', table: 255 },
    ],
  }),
})
const subnet = (...words: readonly string[]) =>
  portolan(['subnet', '--host', 'host.json', ...words], { folder })

/** The printed lines, one `SUBNET GATEWAY` each. Fails unless the command succeeds without messages. */
const lines = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await subnet(...words)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.endsWith('\n')).toBe(true)
  return stdout.slice(0, -1).split('\n')
}

describe('which subnets', () => {
  test('one of pool classic unless told otherwise, with its gateway; no Compose file is needed', async () => {
    expect(await lines()).toEqual(['172.17.0.0/16 172.17.42.1'])
  })

  test('pool classic gives ten in its own order, never 172.16.0.0/16 whole', async () => {
    expect(await lines('--count', '10')).toEqual([
      '172.17.0.0/16 172.17.42.1',
      '10.0.0.0/16 10.0.42.1',
      '10.1.0.0/16 10.1.42.1',
      '10.42.0.0/16 10.42.42.1',
      '172.16.42.0/24 172.16.42.1',
      '172.16.43.0/24 172.16.43.1',
      '172.16.44.0/24 172.16.44.1',
      '192.168.42.0/24 192.168.42.1',
      '192.168.43.0/24 192.168.43.1',
      '192.168.44.0/24 192.168.44.1',
    ])
  })

  test('pool docker gives 31 in the order of its entries', async () => {
    const found = await lines('--pool', 'docker', '--count', '31')
    expect(found.slice(0, 5)).toEqual([
      '172.17.0.0/16 172.17.0.1',
      '172.18.0.0/16 172.18.0.1',
      '172.19.0.0/16 172.19.0.1',
      '172.20.0.0/16 172.20.0.1',
      '172.21.0.0/16 172.21.0.1',
    ])
    expect(found.slice(14, 17)).toEqual([
      '172.31.0.0/16 172.31.0.1',
      '192.168.0.0/20 192.168.0.1',
      '192.168.16.0/20 192.168.16.1',
    ])
    expect(found).toHaveLength(31)
  })

  test.concurrent.each([
    ['of a size inside each entry of classic', ['--size', '24'], ['172.17.0.0/24 172.17.0.1']],
    [
      "out of a pool of one's own, lowest first",
      ['--pool', '10.9.0.0/16:24', '--count', '2'],
      ['10.9.0.0/24 10.9.0.1', '10.9.1.0/24 10.9.1.1'],
    ],
    [
      'out of pools in the order given',
      ['--pool', '10.9.0.0/24:24', '--pool', '10.8.0.0/24:24', '--count', '2'],
      ['10.9.0.0/24 10.9.0.1', '10.8.0.0/24 10.8.0.1'],
    ],
    ['out of a base whose host bits are cleared', ['--pool', '10.1.2.3/8:24'], ['10.0.0.0/24 10.0.0.1']],
    [
      'of IPv6',
      ['--pool', 'fd00:5::/48:64', '--count', '2'],
      ['fd00:5::/64 fd00:5::1', 'fd00:5:0:1::/64 fd00:5:0:1::1'],
    ],
  ])('%s', async (_, words, expected) => {
    expect(await lines(...words)).toEqual(expected)
  })

  test('--ipv6 without a pool cuts the unique local prefix of this machine', async () => {
    const [first = ''] = await lines('--ipv6')
    expect(first).toMatch(/^(fd[0-9a-f:]+::)\/64 \1?1$/)
  })

  test('the same host gives the same bytes', async () => {
    const words = ['--count', '8', '--json', '--reserve', '10.0.0.0/8']
    expect((await subnet(...words.slice(2))).stdout).toBe((await subnet(...words.slice(2))).stdout)
  })
})

describe('what is avoided', () => {
  test.concurrent.each([
    [
      '10.0.0.0/20 and the address 10.0.0.2 in it',
      '10.0.0.0/8:24',
      ['10.0.0.0/20', '10.0.0.2/32'],
      '10.0.16.0/24',
    ],
    ['10.0.0.0/16 and 10.0.5.0/24 in it', '10.0.0.0/8:24', ['10.0.0.0/16', '10.0.5.0/24'], '10.1.0.0/24'],
    [
      '192.168.0.0/18 and 192.168.1.1 in it',
      '192.168.0.0/16:20',
      ['192.168.0.0/18', '192.168.1.1'],
      '192.168.64.0/20',
    ],
  ])('a reserved range with another inside it, in either order: %s', async (_, pool, reserved, expected) => {
    for (const order of [reserved, [...reserved].reverse()]) {
      const [found = ''] = await lines('--pool', pool, ...order.flatMap((range) => ['--reserve', range]))
      expect(found.split(' ')[0]).toBe(expected)
    }
  })

  test('the on-link network of the host with its own address inside it', async () => {
    const { stdout } = await portolan(['subnet', '--host', 'link.json', '--pool', '10.0.0.0/8:24'], {
      folder,
    })
    expect(stdout).toBe('10.0.16.0/24 10.0.16.1\n')
  })

  test('a nameserver, a route in any table, an address and another engine, each named with --json', async () => {
    const { code, stdout } = await portolan(['subnet', '--host', 'busy.json', '--json'], { folder })
    const { subnets } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(Object.keys(JSON.parse(stdout))).toEqual(['subnets'])
    expect(subnets).toHaveLength(1)
    expect(subnets[0]).toMatchObject({
      family: 'ip',
      subnet: '172.16.42.0/24',
      gateway: '172.16.42.1',
      pool: 'classic',
    })
    expect(
      subnets[0].rejected.map(({ candidate, kind, overlaps, detail }: Record<string, string>) => {
        expect(detail).toEqual(expect.stringMatching(/.{10}/))
        return [candidate, kind, overlaps]
      }),
    ).toEqual([
      ['172.17.0.0/16', 'nameserver', '172.17.0.23/32'],
      ['10.0.0.0/16', 'route', '10.0.0.0/16'],
      ['10.1.0.0/16', 'address', '10.1.0.0/16'],
      ['10.42.0.0/16', 'network', '10.42.0.0/16'],
    ])
  })

  test('--allow takes a range out of what is avoided', async () => {
    const { stdout } = await portolan(['subnet', '--host', 'busy.json', '--allow', '10.0.0.0/16'], { folder })
    expect(stdout).toBe('10.0.0.0/16 10.0.42.1\n')
  })
})

describe('when fewer are free than asked for', () => {
  const reserved = ['--pool', '10.9.0.0/23:24', '--reserve', '10.9.1.7']

  test('none is printed, the reason is on standard error, and the exit code is 4', async () => {
    const { code, stdout, stderr } = await subnet(...reserved, '--count', '2')
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(stderr).toMatch(/^portolan: No subnet is free/)
    expect(stderr).toContain('10.9.1.7')
  })

  test('--json gives the error with what every candidate collided with', async () => {
    const { code, stdout, stderr } = await subnet(...reserved, '--count', '2', '--json')
    const { error } = JSON.parse(stdout)
    expect(code).toBe(4)
    expect(stderr).toMatch(/No subnet is free/)
    expect(error).toMatchObject({ code: 'POOL_EXHAUSTED', message: expect.any(String) })
    expect(error.rejected).toContainEqual(
      expect.objectContaining({ candidate: '10.9.1.0/24', kind: 'reserved' }),
    )
  })

  test('one fewer fits', async () => {
    expect(await lines(...reserved, '--count', '1')).toEqual(['10.9.0.0/24 10.9.0.1'])
  })
})

test.concurrent.each([
  ['a count of nothing', ['--count', '0'], /--count 0: expected a whole number from 1/],
  ['a count that is no number', ['--count', 'x'], /--count x: expected a whole number/],
  ['a size longer than IPv4 has', ['--size', '33'], /^portolan: --size 33: .* from 1 to 32 .*--ipv6/],
  [
    'a size larger than any entry',
    ['--size', '8'],
    /larger than anything in classic.* name a pool that is as large/,
  ],
  ['subnets larger than their pool', ['--pool', '10.0.0.0/8:4'], /cannot be cut into \/4/],
  ['subnets longer than the family allows', ['--pool', '10.0.0.0/8:33'], /cannot be cut into \/33/],
  ['a pool without a size', ['--pool', '10.0.0.0/8'], /write 10\.0\.0\.0\/8:24/],
  ['a pool that is none', ['--pool', 'roomy'], /"roomy" is not a pool: write classic, docker/],
  ['IPv6 out of an IPv4 pool', ['--ipv6', '--pool', 'classic'], /IPv4 pool/],
  [
    'a reserved range that is none',
    ['--reserve', 'attic'],
    /^portolan: --reserve attic: expected an address or a prefix/,
  ],
  [
    'an allowed range that is none',
    ['--allow', '10.0.0.0/33'],
    /^portolan: --allow 10\.0\.0\.0\/33: expected/,
  ],
])('%s is an error that says what to write', async (_, words, message) => {
  const { code, stdout, stderr } = await subnet(...words)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(message)
})
