import { describe, expect, test } from '@jest/globals'
import { ip, ip6, nat, off, restored } from './restored.ts'

describe("route_localnet of another engine's bridge", () => {
  const name = 'net.ipv4.conf.docker0.route_localnet'
  const facts = { interfaces: [{ name: 'docker0', kind: 'bridge', addresses: ['172.17.0.1/16'] }] }
  const dnat = '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8090 -j DNAT --to-destination 172.17.0.2:80'
  const keptFor = (...lines: readonly string[]): boolean =>
    restored({ facts, rules: nat(...lines) }, { [name]: { before: '0', given: '1' } }).kept.some(
      (one) => one.name === name,
    )

  test('stays for Docker without its proxy, which translates what the host sends to 127.0.0.1', () => {
    expect(keptFor('-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER', dnat)).toBe(true)
  })

  test.each([
    ['Docker with its proxy', ['-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER', dnat]],
    ['what comes from other machines', ['-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER', dnat]],
    [
      'an address behind another bridge',
      ['-A OUTPUT -p tcp --dport 80 -j DNAT --to-destination 10.0.0.2:80'],
    ],
  ])('goes back for %s', (_, lines) => {
    expect(keptFor(...lines)).toBe(false)
  })
})

describe('what a file of the host sets stays', () => {
  test('forwarding of the family that it names, and destroy says so', () => {
    const removal = restored({ settings: 'net.ipv4.ip_forward = 1' })
    expect(off(removal)).toEqual([`${ip6} = 0`])
    expect(removal.kept).toEqual([
      {
        ...{ name: ip, value: '1', before: '0', commands: [`sysctl -w ${ip}=0`] },
        uses: [
          {
            kind: 'setting',
            owner: null,
            text: 'setting "net.ipv4.ip_forward = 1" in /etc/sysctl.d/router.conf',
          },
        ],
        message: `${ip} stays 1. It was 0 before the first apply. These may rely on it: setting "net.ipv4.ip_forward = 1" in /etc/sysctl.d/router.conf. Once nothing does, run: sysctl -w ${ip}=0`,
      },
    ])
  })

  test('not where it sets what the host had before', () => {
    expect(off(restored({ settings: 'net.ipv4.ip_forward = 0' }))).toEqual([`${ip} = 0`, `${ip6} = 0`])
  })

  test('any other sysctl as well, with its name or by a pattern', () => {
    const more = {
      'net.ipv4.conf.docker0.route_localnet': { before: '0', given: '1' },
      'net.ipv4.conf.eth0.rp_filter': { before: '1', given: '2' },
    }
    const settings = 'net.ipv4.conf.*.rp_filter = 2'
    expect(off(restored({ settings }, more))).toEqual([
      ...[`${ip} = 0`, `${ip6} = 0`],
      'net.ipv4.conf.docker0.route_localnet = 0',
    ])
    expect(restored({ settings }, more).kept.map(({ name }) => name)).toEqual([
      'net.ipv4.conf.eth0.rp_filter',
    ])
  })
})
