import { describe, expect, test } from '@jest/globals'
import { ParseError } from '@portolan/netfilter'
import { emptyConfig, parseConfig } from '../../src/index.ts'

const source = '/etc/portolan/config.yaml'
const error = (text: string): ParseError => {
  try {
    parseConfig(text, source)
  } catch (thrown) {
    if (thrown instanceof ParseError) return thrown
    throw thrown
  }
  throw new Error('it was read')
}

describe('parseConfig', () => {
  test('pools, reserved and allowed ranges, each reserved one knowing its line', () => {
    const text = `# ours
pools:
  - 10.64.0.0/12:24
  - classic
  - base: fd12:3456:789a::/48
    size: 64
reserved:
  - 10.64.0.0/16   # the lab
  - "192.0.2.7"
allowed: [100.64.0.0/10]
x-note: anything
`
    expect(parseConfig(text, source)).toEqual({
      pools: ['10.64.0.0/12:24', 'classic', 'fd12:3456:789a::/48:64'],
      reserved: [
        { range: '10.64.0.0/16', from: `${source}:8` },
        { range: '192.0.2.7', from: `${source}:9` },
      ],
      allowed: ['100.64.0.0/10'],
    })
  })
  test('the cluster, as its URL; a mistake in it has its place, and a password in it is not repeated', () => {
    const url = 'etcd://192.0.2.1:2379,192.0.2.2:2379/prod'
    expect(parseConfig(`cluster: ${url}`, source)).toEqual({ ...emptyConfig, cluster: url })
    expect(error('pools: docker\ncluster: prod')).toMatchObject({ line: 2, column: 10 })
    expect(error('cluster: [a]').fault).toContain('expected a URL')
    const { message, snippet } = error('cluster: etcd://user:secret@192.0.2.1/prod')
    expect(message).toContain('a password in it')
    expect(message + snippet).not.toContain('secret')
  })

  test('keys may be spelt as the options are, and one value may stand for a list of one', () => {
    expect(parseConfig('pool: docker\nreserve: 10.0.0.0/8\nallow: 10.1.0.0/16', source)).toEqual({
      pools: ['docker'],
      reserved: [{ range: '10.0.0.0/8', from: `${source}:2` }],
      allowed: ['10.1.0.0/16'],
    })
  })
  test.each(['', '# nothing\n', '---\n', '{}', 'pools:\nreserved:\nallowed:\n'])(
    '%j says nothing',
    (text) => {
      expect(parseConfig(text, source)).toEqual(emptyConfig)
    },
  )
  test.each([
    ['pools:\n  - 10.0.0.0/8:4\n', 2, 5, /pools: The pool 10\.0\.0\.0\/8:4 cannot be cut into \/4/],
    ['pools:\n  - roomy', 2, 5, /"roomy" is not a pool: write classic, docker/],
    ['pools: [classic, "10.0.0.0/8"]', 1, 19, /does not say how large its subnets are/],
    ['pools: [{base: 10.0.0.0/8}]', 1, 9, /expected both base and size/],
    ['pools: [{base: 10.0.0.0/8, size: 24, scope: local}]', 1, 38, /unknown key "scope": expected base/],
    ['pools: [{base: 10.0.0.0/8, size: big}]', 1, 9, /"10\.0\.0\.0\/8:big" is not a pool/],
    ['pools: [[classic]]', 1, 9, /expected a pool .* found a list/],
    ['reserved:\n- 10.0.0.0/8\n- attic\n', 3, 3, /reserved: expected an address or a prefix.* found "attic"/],
    ['reserved: [10.0.0.0/33]', 1, 12, /found "10\.0\.0\.0\/33"/],
    ['allowed:\n  - {a: b}', 2, 5, /allowed: expected an address .* found a mapping/],
    ['allowed: [~]', 1, 11, /found nothing/],
    [
      'reserved: []\nreserves: []',
      2,
      1,
      /unknown key "reserves": expected one of pools, reserved, allowed, cluster/,
    ],
    ['reserved: [10.0.0.0/8]\nreserve: [10.0.0.0/8]', 2, 1, /"reserve" says again what reserved says/],
    ['reserved: []\nreserved: []', 2, 1, /"reserved" is written twice/],
    ['- classic', 1, 1, /expected keys such as pools, reserved and allowed, found a list/],
    ['pools: [', 1, 9, /config\.yaml:1:9: /],
    ['a: 1\n---\nb: 2', 3, 1, /expected one document/],
  ])('%j is refused at %d:%d', (text, line, column, message) => {
    const { source: where, message: words, ...place } = error(text)
    expect({ where, line: place.line, column: place.column }).toEqual({ where: source, line, column })
    expect(words).toMatch(message)
    expect(words).toContain(`${source}:${line}:${column}: `)
  })
})
