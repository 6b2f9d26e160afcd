import { describe, expect, test } from '@jest/globals'
import { networkdForwarding } from '../../src/reliance/index.ts'

const of = (...texts: readonly string[]): readonly string[] =>
  networkdForwarding(texts.map((text, at) => ({ text, file: `/${at}` }))).map(
    ({ name, value, text, file }) => `${name}=${value} by ${text} in ${file}`,
  )
const [ip, ip6] = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']

describe('the forwarding that systemd-networkd switches on', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['of nothing', [''], []],
    ['of one family', ['[Network]\nIPv4Forwarding=yes'], [`${ip} by IPv4Forwarding=yes in /0`]],
    ['of the other', ['[Network]\nIPv6Forwarding = On'], [`${ip6} by IPv6Forwarding=On in /0`]],
    [
      'of both, by the name of before systemd 256',
      ['[Match]\nName=eth0\n[Network]\nIPForward=true'],
      [`${ip} by IPForward=true in /0`, `${ip6} by IPForward=true in /0`],
    ],
    ['... and of one by it', ['[Network]\nIPForward=ipv6'], [`${ip6} by IPForward=ipv6 in /0`]],
    ['by a drop-in', ['', '[Network]\nIPForward=ipv4'], [`${ip} by IPForward=ipv4 in /1`]],
    ['not where a drop-in says otherwise', ['[Network]\nIPForward=ipv4', '[Network]\nIPForward=no'], []],
    ['not in another section, nor by a comment', ['[DHCP]\nIPForward=yes\n[Network]\n#IPForward=yes'], []],
  ])('%s', (_, texts, expected) => {
    expect(of(...texts)).toEqual(expected)
  })
})
