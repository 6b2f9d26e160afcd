import { describe, expect, test } from '@jest/globals'
import { ParseError } from '@portolan/netfilter'
import { fakeHost, NotSimulatedError, smallHost } from '@portolan/testing'
import { lookedUpTexts, refusedTexts, takenTexts } from './refused-texts.ts'

const client = {
  family: 'ip',
  in: 'eth0',
  source: '198.51.100.7',
  destination: '192.0.2.2',
  destinationPort: 22,
  protocol: 'tcp',
} as const

const text = `
# of a user
table inet filter {
  set banned {
    type ipv4_addr
    flags interval
    elements = { 198.51.100.0/25, 203.0.113.5,
                 203.0.113.10-203.0.113.20 }
  }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif "lo" accept
    ip saddr @banned counter packets 3 bytes 180 log prefix "banned: " drop comment "no way in"
    tcp dport { 22, 80-90 } ct state new jump allowed
  }
  chain allowed {
    meta mark != 0x1 accept
  }
}
table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat - 5;
    iifname "eth0" tcp dport 8080 dnat to 10.0.0.5:80
  }
}
`

describe("foreign rules in nft's own language", () => {
  test('are read as nft lists them', () => {
    const host = fakeHost()
    host.foreign.nft(text)
    expect(host.send(client)).toMatchObject({ outcome: 'dropped', culprit: { chain: 'input', position: 3 } })
    expect(host.send({ ...client, source: '198.51.100.200' })).toMatchObject({ outcome: 'local' })
    expect(host.send({ ...client, source: '198.51.100.200', destinationPort: 91 })).toMatchObject({
      outcome: 'dropped',
      culprit: { position: 'policy' },
    })
    expect(
      host.rules.nftables.tables.map(({ family, name, chains }) => [family, name, chains.length]),
    ).toEqual([
      ['inet', 'filter', 2],
      ['ip', 'nat', 1],
    ])
    expect(host.rules.nftables.tables[1]?.chains[0]?.base).toMatchObject({
      hook: 'prerouting',
      priority: -105,
    })
  })

  test.each([
    ['table ip a { map m { type ipv4_addr : verdict; } }', '"map" in line 1'],
    ['table ip a {\n chain c {\n  ip saddr . tcp dport 80 drop\n } }', '"." in line 3'],
    ['table ip a { chain c { limit rate 5/second accept\n } }', '"limit" in line 1'],
    ['flush ruleset', '"flush" in line 1'],
    ['table ip a { set s { elements = { 80 }; type inet_service; } }', '"elements" in line 1'],
    ['table ip a {\n}\ntable ip a {\n}', 'written twice'],
    ['table arp a { }', '"arp" in line 1'],
    ['table ip a { chain c { tcp dport 010 drop\n} }', 'octal'],
  ])('are refused by name where they are more than plain: %j', (source, name) => {
    expect(() => fakeHost().foreign.nft(source)).toThrow(NotSimulatedError)
    expect(() => fakeHost().foreign.nft(source)).toThrow(name)
  })

  test('are refused where they end too early', () => {
    expect(() => fakeHost().foreign.nft('table ip a { chain c {')).toThrow(ParseError)
  })

  test.each(refusedTexts)('are refused with their place where nft refuses them: %j', (source, told) => {
    const read = (): unknown => fakeHost(smallHost, { nft: source })
    expect(read).toThrow(told)
    expect(read).toThrow(/nft list ruleset:\d+:\d+: |line \d+, column \d+ of the text of nft/)
  })

  test.each(lookedUpTexts)('are refused where nft would ask its host for a name: %j', (source, told) => {
    const read = (): unknown => fakeHost(smallHost, { nft: source })
    expect(read).toThrow(NotSimulatedError)
    expect(read).toThrow(told)
    expect(read).toThrow(/Write the (number|address) itself/)
  })

  test.each(takenTexts)('are taken where they are plain: %j', (source) => {
    expect(fakeHost(smallHost, { nft: source }).rules.nftables.tables).toHaveLength(1)
  })

  test('may have a whole table in one line', () => {
    const nft = 'table inet f { chain forward { type filter hook forward priority filter; policy drop; } }'
    const host = fakeHost(smallHost, { nft })
    expect(host.send({ ...client, destination: '203.0.113.9' }).outcome).toBe('dropped')
  })

  test('ask of flags whether any is set, as nft does', () => {
    const nft = 'table ip f { chain c { type filter hook input priority 0\n tcp flags syn drop\n } }'
    const synWithEcn = { ...client, tcpFlags: 0x42 }
    expect(fakeHost(smallHost, { nft }).send(synWithEcn).outcome).toBe('dropped')
  })
})
