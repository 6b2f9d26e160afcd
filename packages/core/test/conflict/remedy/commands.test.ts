import { describe, expect, test } from '@jest/globals'
import type { Passage } from '@portolan/netfilter/advice'
import { type IptablesPlace, iptablesCommand } from '../../../../netfilter/src/advice/iptables-command.ts'
import { type NftPlace, nftCommand, nftDeletion } from '../../../../netfilter/src/advice/nft-command.ts'
import { shellWord } from '../../../../netfilter/src/advice/shell-word.ts'

const nothing: Passage = {
  family: 'ip',
  in: null,
  out: null,
  protocol: null,
  source: null,
  destination: null,
  sourcePort: null,
  destinationPort: null,
  answers: false,
}

test.each([
  ['br-web', 'br-web'],
  ['172.30.1.0/24', '172.30.1.0/24'],
  ['my$chain', "'my$chain'"],
  ['two words', "'two words'"],
  ["it's", "'it'\\''s'"],
  ['`id`', "'`id`'"],
  ['', "''"],
  ['a;b', "'a;b'"],
])('%j is one word of a shell as %s', (text, word) => {
  expect(shellWord(text)).toBe(word)
})

describe('a command of iptables', () => {
  const place: IptablesPlace = { variant: 'iptables-nft', table: 'filter', chain: 'FORWARD', before: null }
  test.each<[string, Partial<IptablesPlace>, Partial<Passage>, string]>([
    ['at the end', {}, { out: 'br-web' }, 'iptables-nft -t filter -A FORWARD -o br-web -j ACCEPT'],
    [
      'in front of a rule',
      { before: 3 },
      { in: 'br-web' },
      'iptables-nft -t filter -I FORWARD 3 -i br-web -j ACCEPT',
    ],
    [
      'taken away',
      { before: 'delete' },
      { in: 'br-web' },
      'iptables-nft -t filter -D FORWARD -i br-web -j ACCEPT',
    ],
    [
      'for IPv6, of the old variant',
      { variant: 'iptables-legacy' },
      { family: 'ip6', source: 'fd00::/64' },
      'ip6tables-legacy -t filter -A FORWARD -s fd00::/64 -j ACCEPT',
    ],
    [
      'for a port of the host',
      { table: 'raw', chain: 'PREROUTING', before: 1 },
      { protocol: 6, destination: 'local', destinationPort: 8080 },
      'iptables-nft -t raw -I PREROUTING 1 -p tcp --dport 8080 -m addrtype --dst-type LOCAL -j ACCEPT',
    ],
    [
      'for answers',
      {},
      { protocol: 17, source: '172.30.1.10', sourcePort: 53, answers: true },
      'iptables-nft -t filter -A FORWARD -s 172.30.1.10 -p udp --sport 53 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ],
    [
      'for answers where nothing has a state',
      { table: 'raw', chain: 'PREROUTING', before: 1 },
      { in: 'br-web', answers: true },
      'iptables-nft -t raw -I PREROUTING 1 -i br-web -j ACCEPT',
    ],
    [
      'with names that a shell would read',
      { chain: 'a;b' },
      { in: 'br$(id)' },
      "iptables-nft -t filter -A 'a;b' -i 'br$(id)' -j ACCEPT",
    ],
  ])('%s', (_, where, what, command) => {
    expect(iptablesCommand({ ...place, ...where }, { ...nothing, ...what })).toBe(command)
  })

  test.each<[string, Partial<IptablesPlace>, Partial<Passage>]>([
    ['a chain that iptables could not have made', { chain: 'a b' }, {}],
    ['a chain that looks like an option', { chain: '-x' }, {}],
    ['a chain of a longer name than iptables takes', { chain: 'x'.repeat(29) }, {}],
    ['an interface whose name is a wildcard to iptables', {}, { in: 'eth+' }],
    ['an interface whose name turns the match around', {}, { out: '!' }],
    ['a name that does not come through a terminal', {}, { in: 'a\u001b[2J' }],
    ['a name that does not show as it is', {}, { in: 'a\u202eb' }],
  ])('is not printed for %s', (_, where, what) => {
    expect(iptablesCommand({ ...place, ...where }, { ...nothing, ...what })).toBeNull()
  })
})

describe('a command of nft', () => {
  const place: NftPlace = {
    family: 'ip',
    table: 'mine',
    chain: 'forward',
    handle: null,
    before: null,
    isTracked: true,
  }
  test.each<[string, Partial<NftPlace>, Partial<Passage>, string]>([
    ['at the end', {}, { out: 'br-web' }, `nft 'add rule ip mine forward oifname "br-web" accept'`],
    [
      'in front of a rule with a handle',
      { before: 3, handle: 9 },
      { in: 'br-web' },
      `nft 'insert rule ip mine forward position 9 iifname "br-web" accept'`,
    ],
    [
      'in front of a rule without one',
      { before: 3 },
      { in: 'br-web' },
      `nft 'insert rule ip mine forward index 2 iifname "br-web" accept'`,
    ],
    [
      'for a port of the host, of one family in a table of both',
      { family: 'inet' },
      { family: 'ip6', protocol: 6, destination: 'local', destinationPort: 8080 },
      "nft 'add rule inet mine forward meta nfproto ipv6 tcp dport 8080 fib daddr type local accept'",
    ],
    [
      'for answers',
      {},
      { protocol: 132, source: '172.30.1.10', sourcePort: 80, answers: true },
      "nft 'add rule ip mine forward ip saddr 172.30.1.10 sctp sport 80 ct state established,related accept'",
    ],
    [
      'for answers where nothing has a state',
      { isTracked: false },
      { source: '172.30.1.10', protocol: 6, answers: true },
      "nft 'add rule ip mine forward ip saddr 172.30.1.10 meta l4proto tcp accept'",
    ],
    [
      'for translated packets alone',
      {},
      { out: 'br-web', destination: '172.30.1.10', protocol: 6, destinationPort: 80, translated: true },
      `nft 'add rule ip mine forward oifname "br-web" ip daddr 172.30.1.10 tcp dport 80 ct status dnat accept'`,
    ],
    [
      'with a name that a shell would read',
      {},
      { in: "br'$x" },
      `nft 'add rule ip mine forward iifname "br'\\''$x" accept'`,
    ],
  ])('%s', (_, where, what, command) => {
    expect(nftCommand({ ...place, ...where }, { ...nothing, ...what })).toBe(command)
  })

  test('is JSON where nft reads a name as more of the command, and no character of it is hidden', () => {
    const mine = { ...place, table: 'a b', chain: "a'\u202e accept; flush ruleset #", before: 1, handle: 7 }
    expect(nftCommand(mine, { ...nothing, in: 'br-web', protocol: 6, destinationPort: 80 })).toBe(
      `nft -j '{"nftables":[{"insert":{"rule":{"family":"ip","table":"a b","chain":"a\\u0027\\u202e accept; flush ruleset #","handle":7,"expr":[{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"br-web"}},{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":80}},{"accept":null}]}}}]}'`,
    )
  })

  test.each([
    ['a chain whose name was not UTF-8', { chain: 'caf\ufffd' }, {}],
    ['an interface that JSON would take for a set', { chain: 'a b' }, { in: '@x' }],
  ])('is not printed for %s', (_, where, what) => {
    expect(nftCommand({ ...place, ...where }, { ...nothing, ...what })).toBeNull()
  })

  test('deletes a rule by names in text, or in JSON', () => {
    expect(nftDeletion({ family: 'inet', table: 'mine', chain: 'forward' }, 7)).toBe(
      'nft delete rule inet mine forward handle 7',
    )
    expect(nftDeletion({ family: 'inet', table: 'mine', chain: 'accept' }, 7)).toBe(
      `nft -j '{"nftables":[{"delete":{"rule":{"family":"inet","table":"mine","chain":"accept","handle":7}}}]}'`,
    )
    expect(nftDeletion({ family: 'inet', table: 'mine', chain: '\ufffd' }, 7)).toBeNull()
  })
})
