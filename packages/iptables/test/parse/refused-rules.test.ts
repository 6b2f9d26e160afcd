import { describe, expect, test } from '@jest/globals'
import { ParseError } from '@portolan/netfilter'
import { parse, type UnknownPart } from '../../src/index.ts'
import { refusedRules, refusedText } from '../support/refused-rules.ts'
import { opaqueTexts } from '../support/written-rules.ts'

const errorOf = (text: string, family: 'ip' | 'ip6' = 'ip'): unknown => {
  try {
    parse(text, 'rules.txt', family)
  } catch (error) {
    return error
  }
  return null
}

const filter = (...lines: readonly string[]): string =>
  ['*filter', ':FORWARD ACCEPT [0:0]', ...lines, 'COMMIT', ''].join('\n')

describe('what iptables-restore refuses on every host', () => {
  test.each(refusedRules)('$family $table: $line', (rule) => {
    const { family, line, at, fault } = rule
    const error = errorOf(refusedText(rule), family)
    expect(error).toBeInstanceOf(ParseError)
    const restore = family === 'ip' ? 'iptables-restore' : 'ip6tables-restore'
    expect(error).toMatchObject({
      fault: `${restore} refuses this line: ${fault}${fault.endsWith('?') ? '' : '.'}`,
      ...{ source: 'rules.txt', line: 2, column: line.indexOf(at) + 1, snippet: line },
    })
  })

  test('is refused with counters too', () => {
    expect(errorOf(filter('[1:2] -A FORWRD -j DROP'))).toMatchObject({ line: 3, column: 10 })
    expect(errorOf(filter('[1:2] -A FORWARD -j MASQUERADE'))).toMatchObject({ line: 3, column: 21 })
  })

  test('is of no matter in a line that is for the other family', () => {
    expect(errorOf(filter('-A FORWARD -6 -s fd00::/8 -j DROP'))).toBeNull()
    expect(errorOf(filter('-A FORWARD -s fd00::/8 --ipv6 -j DROP'))).toBeNull()
  })
})

describe('what some hosts take, or print', () => {
  test.each([
    // A service, host, protocol, target or module that another host may know.
    '-p tcp -m tcp --dport nosuchservice -j DROP',
    '-s example.invalid -j DROP',
    '-p nosuchprotocol -j DROP',
    '-j NOPE',
    '-m nope --nope 3 -j DROP',
    // iptables 1.8.11 reads this port as 34463.
    '-p udp -m udp --sport 99999 -j DROP',
    '-m conntrack --ctorigdstport 99999 -j DROP',
    // iptables reads this as the mask 0.0.0.33.
    '-m conntrack --ctorigdst 10.0.0.0/33 -j DROP',
  ])('%j stays as it stands', (rule) => {
    const text = filter(`-A FORWARD ${rule}`)
    expect(errorOf(text)).toBeNull()
    expect(opaqueTexts(parse(text, 'rules.txt', 'ip'))).toHaveLength(1)
  })

  test.each([
    '-p tcp -m tcp --dport http -j DROP',
    '-p tcp -m tcp --dport 80:http -j DROP',
    '-p tcp -m tcp --dport 0x50 -j DROP',
    '-p tcp -m tcp --dport :80 -j DROP',
    '-s 10.0.0.0/255.0.255.0 -j DROP',
    '-s 10.0.0 -j DROP',
  ])('%j is understood', (rule) => {
    expect(opaqueTexts(parse(filter(`-A FORWARD ${rule}`), 'rules.txt', 'ip'))).toEqual([])
  })

  test('a chain that hangs on a hook need not be declared', () => {
    expect(errorOf('*filter\n-A INPUT -j DROP\nCOMMIT\n')).toBeNull()
  })

  test('a target that a user chain is named for is a jump there', () => {
    expect(errorOf(filter(':MASQUERADE - [0:0]', '-A FORWARD -j MASQUERADE'))).toBeNull()
  })
})

test('a caller hears of each part that is not understood, with its place', () => {
  const parts: UnknownPart[] = []
  const text = filter('-A FORWARD -m nope --nope 3 -s example.invalid -j NOPE --now')
  parse(text, 'rules.txt', 'ip', { onUnknown: (part) => parts.push(part) })
  expect(parts).toEqual([
    { kind: 'match', name: 'source', text: '-s example.invalid', line: 3, column: 29 },
    { kind: 'match', name: 'nope', text: '-m nope --nope 3', line: 3, column: 12 },
    { kind: 'target', name: 'NOPE', text: '-j NOPE --now', line: 3, column: 48 },
  ])
})
