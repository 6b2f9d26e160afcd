import { expect, test } from '@jest/globals'
import { findAnomalies, type PacketBox } from '@portolan/core'
import { lower, parse } from '@portolan/iptables'
import { printAnomalies } from '../../src/hygiene/print-anomalies.ts'

const any: PacketBox = {
  family: 'ip',
  hooks: null,
  protocols: null,
  sources: null,
  destinations: null,
  ports: null,
  in: null,
  out: null,
}

const print = (...rules: readonly string[]): readonly string[] => {
  const text = [
    '*filter',
    ':FORWARD ACCEPT [0:0]',
    ...rules.map((rule) => `-A FORWARD ${rule}`),
    'COMMIT',
    '',
  ]
  return printAnomalies(findAnomalies([lower(parse(text.join('\n')))], { packets: [any] }))
}

test('says what is odd, why, and how to remove what has no effect', () => {
  expect(print('-s 10.0.0.0/8 -j DROP', '-s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT')).toEqual([
    '  warning Shadowing: Rule 2 of chain FORWARD (iptables-nft, table ip filter) never acts: every packet that it accepts, rule 1 (-A FORWARD -s 10.0.0.0/8 -j DROP) drops first. If it should act, move it before that one; if not, delete it. It reads: -A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT',
    '      To remove it: Delete the rule: what becomes of every packet stays the same. The rules behind it move up by one: of several, begin with the last.',
    '        iptables-nft -t filter -D FORWARD 2',
  ])
})

test('says together what several rules do together', () => {
  expect(
    print(
      '-p tcp -m tcp --dport 0:1023 -j DROP',
      '-p tcp -m tcp --dport 1024:65535 -j REJECT',
      '-s 10.0.0.1 -p tcp -j ACCEPT',
    )[0],
  ).toMatch(
    /never acts: every packet that it accepts, rules 1 and 2 together take first\. If it should act, move it before them/,
  )
})

test('puts warnings first, and offers nothing where only a person can decide', () => {
  const lines = print(
    '-s 192.0.2.9 -p tcp -m tcp --dport 443 -j ACCEPT',
    '-p tcp -m tcp --dport 443 -j DROP',
    '-s 198.51.100.0/24 -j DROP',
    '-p tcp -m tcp --dport 80 -j ACCEPT',
    '-s 198.51.100.7 -j ACCEPT',
  )
  expect(lines.map((line) => line.trim().split(' ').slice(0, 2).join(' '))).toEqual([
    'warning Shadowing:',
    'To remove',
    'iptables-nft -t',
    'info Generalisation:',
    'info Correlation:',
  ])
})

test('says whose a rule is that may come back', () => {
  const text =
    '*filter\n:FORWARD ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN\n-A DOCKER-USER -s 10.0.0.1 -j DROP\nCOMMIT\n'
  const lines = printAnomalies(findAnomalies([lower(parse(text))], { packets: [any] }))
  expect(lines[1]).toMatch(/^ {6}To remove it: Take the rule out where Docker has it from/)
})

test('lets no name move the cursor of who reads', () => {
  expect(
    print('-s 10.0.0.0/8 -m comment --comment "\u001b[2J" -j DROP', '-s 10.0.0.1 -j ACCEPT').join(),
  ).not.toContain('\u001b')
})
