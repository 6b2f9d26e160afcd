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
    ['has our words in another order', 'portolan project=shop network=web internal=on icc=off'],
  ])('%s', (_, alias) => {
    expect(parseBridgeAlias(alias)).toBeNull()
  })
})
