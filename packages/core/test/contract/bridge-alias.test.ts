import { describe, expect, test } from '@jest/globals'
import { type BridgeMark, bridgeAlias, parseBridgeAlias } from '../../src/contract/index.ts'

const plain: BridgeMark = {
  project: 'shop',
  network: 'web',
  icc: true,
  internal: false,
  masquerade: true,
  mode: { ip: 'nat', ip6: 'nat' },
}

describe('the alias of a bridge', () => {
  test('names portolan, the project and the network', () => {
    expect(bridgeAlias({ project: 'shop', network: 'web' })).toBe('portolan project=shop network=web')
  })

  test('says when icc is off', () => {
    expect(bridgeAlias({ project: 'shop', network: 'web', icc: false })).toBe(
      'portolan project=shop network=web icc=off',
    )
    expect(bridgeAlias({ project: 'shop', network: 'web', icc: true })).toBe(
      'portolan project=shop network=web',
    )
  })

  test.each([
    'web',
    'my_net-1.2',
    'with space',
    'a=b',
    'web icc=off',
    'web network=db',
    'tab\tand\nline',
    'quote"\'`$(id)',
    'сеть 🚢',
    '100%',
    '%20',
    'a/b?c#d&e',
    '\u0000',
  ])('comes back as it went in for the network %j', (name) => {
    for (const icc of [true, false]) {
      const mark = { ...plain, network: name, icc }
      const alias = bridgeAlias(mark)
      expect(parseBridgeAlias(alias)).toEqual(mark)
      expect(alias).toMatch(/^[\x21-\x7e]+ [\x21-\x7e]+ [\x21-\x7e]+( icc=off)?$/)
    }
  })

  test.each(['shop', 'a', '0', 'my_project-2'])('comes back as it went in for the project %s', (project) => {
    expect(parseBridgeAlias(bridgeAlias({ project, network: 'web' }))).toEqual({ ...plain, project })
  })

  test.each<[string, Partial<BridgeMark>, string]>([
    ['internal', { internal: true }, ' internal=on'],
    ['linked though icc is off', { icc: false, linked: true }, ' icc=links'],
    ['not masqueraded', { masquerade: false }, ' masquerade=off'],
    ['routed', { mode: { ip: 'routed', ip6: 'nat' } }, ' ip=routed'],
    ['open in IPv6', { mode: { ip: 'nat', ip6: 'nat-unprotected' } }, ' ip6=nat-unprotected'],
    [
      'all of it',
      { icc: false, internal: true, masquerade: false, mode: { ip: 'isolated', ip6: 'isolated' } },
      ' icc=off internal=on masquerade=off ip=isolated ip6=isolated',
    ],
  ])('says of a network that it is %s', (_, wish, words) => {
    const mark = { ...plain, ...wish }
    expect(bridgeAlias(mark)).toBe(`portolan project=shop network=web${words}`)
    expect(parseBridgeAlias(bridgeAlias(mark))).toEqual(mark)
  })

  const prefixes = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ kind: 'prefix', prefix: `10.8.${100 + at}.0/24` }) as const)

  test.each<[string, Partial<BridgeMark>, string]>([
    [
      'which subnets it has where no address tells them',
      { mode: { ip: 'isolated', ip6: 'isolated' }, isolated: { ip: '10.1.0.0/16', ip6: 'fd00:1::/64' } },
      ' ip=isolated ip6=isolated subnet=10.1.0.0/16 subnet6=fd00:1::/64',
    ],
    ['where its ports are bound', { asked: { hostBinding: '192.0.2.2' } }, ' bind=192.0.2.2'],
    ['the same in IPv6', { asked: { hostBinding: '2001:db8::2' } }, ' bind=2001:db8::2'],
    [
      'what reaches its containers',
      {
        asked: {
          reachableFrom: [
            { kind: 'interface', name: 'wg0' },
            { kind: 'interface', name: 'a,b=c:d' },
            { kind: 'prefix', prefix: 'fd00:2::/64' },
            { kind: 'network', network: 'a,b=c' },
          ],
        },
      },
      ' from=wg0,a%2Cb%3Dc%3Ad,fd00:2::/64,network:a%2Cb%3Dc',
    ],
    [
      'that more reaches its containers than the kernel has room for',
      { asked: { hostBinding: '192.0.2.2' }, untold: 'sources' },
      ' bind=192.0.2.2 more=from',
    ],
    ['that there is no room for anything more', { untold: 'any' }, ' more=on'],
  ])('says of a network that was asked for by a program %s', (_, wish, words) => {
    const mark = { ...plain, ...wish }
    expect(bridgeAlias(mark)).toBe(`portolan project=shop network=web${words}`)
    expect(parseBridgeAlias(bridgeAlias(mark))).toEqual(mark)
  })

  test('says that it is cut where the kernel has no room for the rest, and never more than that', () => {
    const asked = { hostBinding: '192.0.2.2', reachableFrom: prefixes(20) }
    expect(parseBridgeAlias(bridgeAlias({ ...plain, asked }))).toEqual({
      ...plain,
      asked: { hostBinding: '192.0.2.2' },
      untold: 'sources',
    })
    for (let length = 1; length < 245; length += 1) {
      const network = 'n'.repeat(length)
      for (const sources of [0, 1, 8]) {
        const mark = {
          ...plain,
          network,
          asked: { hostBinding: '192.0.2.2', reachableFrom: prefixes(sources) },
        }
        const alias = bridgeAlias(mark)
        const read = parseBridgeAlias(alias)
        if (length < 220) expect(alias.length).toBeLessThanOrEqual(255)
        if (read?.untold === undefined) expect(read?.asked?.reachableFrom ?? []).toEqual(prefixes(sources))
        if (read?.untold !== 'any') expect(read?.asked?.hostBinding).toBe('192.0.2.2')
      }
    }
  })

  test('fits into the kernel with the longest names and all that a network can say (an internal one has no masquerading)', () => {
    const alias = bridgeAlias({
      project: 'p'.repeat(63),
      network: 'n'.repeat(100),
      icc: false,
      linked: true,
      masquerade: false,
      mode: { ip: 'nat-unprotected', ip6: 'nat-unprotected' },
    })
    expect(alias.length).toBeLessThanOrEqual(255)
  })
})

describe('an interface is not ours when its alias', () => {
  test.each<[string, string | undefined]>([
    ['is not there', undefined],
    ['is empty', ''],
    ['is not ours', 'uplink to rack 4'],
    ['only mentions us', 'not portolan project=shop network=web'],
    ['goes on after us', 'portolan project=shop network=web and more'],
    ['is of two lines', 'portolan project=shop network=web\nx'],
    ['ends in a line', 'portolan project=shop network=web\n'],
    ['has no network', 'portolan project=shop'],
    ['has an empty project', 'portolan project= network=web'],
    ['has an empty network', 'portolan project=shop network='],
    ['is in capitals', 'Portolan project=shop network=web'],
    ['has two spaces', 'portolan  project=shop network=web'],
    ['has an escape that is none', 'portolan project=shop network=%zz'],
    ['has an escape that is no text', 'portolan project=shop network=%ff'],
    ['says something of icc that we do not', 'portolan project=shop network=web icc=on'],
    ['has a mode that is none', 'portolan project=shop network=web ip=open'],
    ['has a subnet that is none', 'portolan project=shop network=web ip=isolated subnet=10.0.0.300/16'],
    ['has a subnet of the other family', 'portolan project=shop network=web ip=isolated subnet=10.0.0.0'],
    ['has a host address that is none', 'portolan project=shop network=web bind=::g'],
    ['has our words in another order', 'portolan project=shop network=web internal=on icc=off'],
  ])('%s', (_, alias) => {
    expect(parseBridgeAlias(alias)).toBeNull()
  })
})
