import { describe, expect, test } from '@jest/globals'
import { parse, print } from '../../src/index.ts'
import {
  listed,
  listedRules,
  opaqueTexts,
  readTable,
  tableText,
  writtenRules,
} from '../support/written-rules.ts'

describe('rules as people write them', () => {
  test('are listed as the kernel lists them', () => {
    const rules = writtenRules()
    expect(rules.length).toBeGreaterThan(500)
    const wrong = rules.filter(
      ({ family, table, chain, written, listed: expected }) =>
        listed(written, table, chain, family) !== expected,
    )
    expect(wrong).toEqual([])
  })

  test('are understood, every one of them', () => {
    const opaque = writtenRules().flatMap(({ family, table, chain, written }) =>
      opaqueTexts(readTable(table, chain, [written], family)),
    )
    expect(opaque).toEqual([])
  })

  test('are the same rules when read back from their listing', () => {
    for (const { family, table, chain, listed: rule } of writtenRules()) {
      const once = readTable(table, chain, [rule], family)
      expect(parse(print(once, 'iptables-save'), 'again', family)).toEqual(once)
    }
  })

  test.each([
    ['-s ! 10.0.0.1', '! -s 10.0.0.1/32'],
    ['-i ! eth0', '! -i eth0'],
    ['-p tcp --dport ! 80', '-p tcp -m tcp ! --dport 80'],
    ['-m tcp --dport 80', '-m tcp --dport 80'],
    ['-m multiport --dports 80,443', '-m multiport --dports 80,443'],
    ['-p udplite -m udplite --dport 5', '-p udplite -m udplite --dport 5'],
    ['-i eth0 -o eth1', '-i eth0 -o eth1'],
  ])('%j, which the kernel refuses, is read where its meaning is plain', (written, expected) => {
    expect(listed(written)).toBe(expected)
    expect(opaqueTexts(readTable('filter', 'INPUT', [written]))).toEqual([])
  })

  test.each([
    '-p tcp -m tcp --dport nosuchservice',
    '-m mark --mark 0x1ffffffff',
    '-m limit ! --limit 5/min',
    '-m conntrack --ctstate BROKEN',
    '-m conntrack ! --ctdir REPLY',
    '-m addrtype --limit-iface-in',
    '-m time --timestart 24:00',
    '-m u32 --u32 "0x0 0x1=0x2"',
    '-m policy --dir in --pol ipsec --tunnel-dst 10.0.0.0/8',
    '-m recent --set --seconds 5',
    '-m statistic --mode nth --every 2 --packet 2',
    '-m icmp',
    '-m nosuchmodule --option value',
    '-p tcp -m tcp --dport 80 --nosuchoption 5',
    '-s example.invalid',
    '-p nosuchprotocol',
    '! -p all',
    '-j REJECT --reject-with tcp-reset',
    '-j MARK --set-mark 1 --or-mark 2',
    '-j LOG --log-level bad',
    '-j NOSUCHTARGET --option value',
    '-j nosuchchain',
  ])('%j is not guessed at, and kept as it stands', (written) => {
    expect(opaqueTexts(readTable('filter', 'INPUT', [written])).length).toBe(1)
    expect(listed(written)).toBe(written)
  })

  test('options of several modules may be mixed, and each goes to its own', () => {
    expect(listed('-p tcp -m state -m tcp --dport 22 --state NEW -j ACCEPT')).toBe(
      '-p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT',
    )
    expect(listed('-j LOG -m limit --limit 5/min --log-prefix "a b" -s 192.0.2.1')).toBe(
      '-s 192.0.2.1/32 -m limit --limit 5/min -j LOG --log-prefix "a b"',
    )
  })

  test('an argument that looks like an option is an argument', () => {
    const text = tableText('filter', 'INPUT', [
      '-m comment --comment -s -j ACCEPT',
      '-m comment --comment "-j DROP"',
    ])
    expect(print(parse(text), 'iptables-save')).toBe(text)
    expect(listedRules(text)).toHaveLength(2)
  })
})
