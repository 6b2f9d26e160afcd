import { describe, expect, test } from '@jest/globals'
import { forwardingWish, parseSysctlSettings, settingOf } from '../../src/reliance/index.ts'

const read = (...lines: readonly string[]) => parseSysctlSettings(lines.join('\n'), '/etc/sysctl.conf')
const forward = 'net.ipv4.ip_forward'

describe('a file of sysctl settings', () => {
  test('is read as sysctl(8) and systemd read it', () => {
    const settings = read(
      '# a comment',
      '; another',
      '',
      '  net.ipv4.ip_forward=1 ',
      'net/ipv6/conf/all/forwarding = 1',
      'net/ipv4/conf/eth0.100/rp_filter = 2',
      'net.ipv4.conf.eth0/200.rp_filter = 2',
      '-net.ipv4.conf.wg0.forwarding = 1',
      '-net.ipv4.conf.eth9.rp_filter',
      'no setting',
      '=1',
    )
    expect(settings.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'net.ipv4.ip_forward 1',
      'net.ipv6.conf.all.forwarding 1',
      'net.ipv4.conf.eth0/100.rp_filter 2',
      'net.ipv4.conf.eth0/200.rp_filter 2',
      'net.ipv4.conf.wg0.forwarding 1',
      'net.ipv4.conf.eth9.rp_filter null',
    ])
    expect(settings[0]).toMatchObject({ text: 'net.ipv4.ip_forward=1', file: '/etc/sysctl.conf' })
  })

  test.each<[string, string, readonly string[], string | null]>([
    ['the last one counts', forward, [`${forward}=1`, `${forward}=0`], '0'],
    ['one switch has two names', forward, [`${forward}=0`, 'net.ipv4.conf.all.forwarding=1'], '1'],
    ['another sysctl says nothing', forward, ['net.ipv4.conf.eth0.forwarding=1'], null],
    ['a pattern counts', 'net.ipv4.conf.eth0.rp_filter', ['net.ipv4.conf.*.rp_filter = 2'], '2'],
    ['... for one part of the name', 'net.ipv4.conf.a.b.rp_filter', ['net.ipv4.conf.*.rp_filter = 2'], null],
    ['... and is no regular expression', 'net.ipv4.conf.eth0.x', ['net.ipv4.conf.(eth0|.).* = 2'], null],
    [
      'what is named comes before a pattern',
      'net.ipv4.conf.eth0.rp_filter',
      ['net.ipv4.conf.eth0.rp_filter = 1', 'net.ipv4.conf.*.rp_filter = 2'],
      '1',
    ],
    [
      'what is left out of patterns is set by none',
      'net.ipv4.conf.eth0.rp_filter',
      ['-net.ipv4.conf.eth0.rp_filter', 'net.ipv4.conf.*.rp_filter = 2'],
      null,
    ],
  ])('%s', (_, name, lines, expected) => {
    expect(settingOf(name, read(...lines))?.value ?? null).toBe(expected)
  })

  test.each<[string, readonly string[], readonly [string | null, string | null]]>([
    ['by the switch of a family', [`${forward} = 1`], [`${forward} = 1`, null]],
    ['of IPv6', ['net.ipv6.conf.all.forwarding=1'], [null, 'net.ipv6.conf.all.forwarding=1']],
    ['not by a switch that is off', [`${forward} = 1`, `${forward} = 0`], [null, null]],
    ['by one interface', ['net.ipv4.conf.wg0.forwarding=1'], ['net.ipv4.conf.wg0.forwarding=1', null]],
    ['not by one where the family is off', ['net.ipv4.conf.wg0.forwarding=1', `${forward}=0`], [null, null]],
    ['by a pattern', ['net.ipv4.conf.*.forwarding = 1'], ['net.ipv4.conf.*.forwarding = 1', null]],
    ['not by what is no number', [`${forward} = on`], [null, null]],
  ])('wishes for forwarding %s', (_, lines, expected) => {
    const wishes = (['ip', 'ip6'] as const).map(
      (family) => forwardingWish(family, read(...lines))?.text ?? null,
    )
    expect(wishes).toEqual(expected)
  })
})
