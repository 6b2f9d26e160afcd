import { describe, expect, test } from '@jest/globals'
import { bridgeAlias, parseBridgeAlias } from '../../src/facts/index.ts'

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
      const mark = { project: 'shop', network: name, icc }
      const alias = bridgeAlias(mark)
      expect(parseBridgeAlias(alias)).toEqual(mark)
      expect(alias).toMatch(/^[\x21-\x7e]+ [\x21-\x7e]+ [\x21-\x7e]+( icc=off)?$/)
    }
  })

  test.each(['shop', 'a', '0', 'my_project-2'])('comes back as it went in for the project %s', (project) => {
    expect(parseBridgeAlias(bridgeAlias({ project, network: 'web' }))).toEqual({
      project,
      network: 'web',
      icc: true,
    })
  })
})

describe('an interface is not ours when its alias', () => {
  test.each<[string, string | undefined]>([
    ['is not there', undefined],
    ['is empty', ''],
    ["is somebody's", 'uplink to rack 4'],
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
  ])('%s', (_, alias) => {
    expect(parseBridgeAlias(alias)).toBeNull()
  })
})
