import { expect, test } from '@jest/globals'
import { lower, parse } from '@portolan/iptables'
import { findAnomalies, type PacketBox } from '@portolan/netfilter'
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

test('says what a kind means once, and names each rule with those that make it odd', () => {
  expect(print('-s 10.0.0.0/8 -j DROP', '-s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT')).toEqual([
    'warning Shadowing: the rule never acts: earlier rules end the way of all its packets, and not as it would.',
    '  iptables-nft ip filter FORWARD: 2 (1)',
  ])
})

test('names several rules that do something together', () => {
  expect(
    print(
      '-p tcp -m tcp --dport 0:1023 -j DROP',
      '-p tcp -m tcp --dport 1024:65535 -j REJECT',
      '-s 10.0.0.1 -p tcp -j ACCEPT',
    )[1],
  ).toBe('  iptables-nft ip filter FORWARD: 3 (1, 2)')
})

test('puts rules in a row together that one rule makes odd', () => {
  const rules = ['80', '443', '8080'].map((port) => `-p tcp -m tcp --dport ${port} -j ACCEPT`)
  expect(print(...rules, '-p tcp -j ACCEPT')).toContain('  iptables-nft ip filter FORWARD: 1-3 (4)')
})

test('puts warnings first', () => {
  const lines = print(
    '-s 192.0.2.9 -p tcp -m tcp --dport 443 -j ACCEPT',
    '-p tcp -m tcp --dport 443 -j DROP',
    '-s 198.51.100.0/24 -j DROP',
    '-p tcp -m tcp --dport 80 -j ACCEPT',
    '-s 198.51.100.7 -j ACCEPT',
  )
  expect(lines.filter((line) => !line.startsWith(' ')).map((line) => line.split(':')[0])).toEqual([
    'warning Shadowing',
    'info Correlation',
    'info Generalisation',
  ])
})

test('says whose a rule is that may come back', () => {
  const text =
    '*filter\n:FORWARD ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN\n-A DOCKER-USER -s 10.0.0.1 -j DROP\nCOMMIT\n'
  const lines = printAnomalies(findAnomalies([lower(parse(text))], { packets: [any] }))
  expect(lines[1]).toBe('  iptables-nft ip filter DOCKER-USER (docker): 2 (1)')
})

test('lets no name move the cursor of the terminal', () => {
  const text = '*filter\n:F\u001b[2J - [0:0]\n-A F\u001b[2J -j DROP\n-A F\u001b[2J -j ACCEPT\nCOMMIT\n'
  const found = findAnomalies([lower(parse(text.replaceAll('F\u001b[2J', 'F')))], { packets: [any] }).map(
    (anomaly) => ({ ...anomaly, rule: { ...anomaly.rule, chain: 'F\u001b[2J' } }),
  )
  expect(printAnomalies(found).join()).not.toContain('\u001b')
})
