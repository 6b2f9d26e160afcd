import { describe, expect, test } from '@jest/globals'
import { bridgeName } from '../../src/contract/index.ts'

describe('a bridge name', () => {
  test('is readable at the front and told apart by its end', () => {
    expect(bridgeName('shop', 'frontend')).toBe('br-front-v8faai')
  })

  test.each<[string, string, RegExp]>([
    ['short', 'a', /^br-a-[0-9a-z]{6}$/],
    ['as long as it may be', 'abcde', /^br-abcde-[0-9a-z]{6}$/],
    ['cut', 'abcdefghijklmnopqrstuvwxyz'.repeat(4), /^br-abcde-[0-9a-z]{6}$/],
    ['in capitals', 'FRONT', /^br-front-[0-9a-z]{6}$/],
    ['of signs between letters', 'a_b-c.d e', /^br-abcde-[0-9a-z]{6}$/],
    ['of signs alone', '_.-', /^br-net-[0-9a-z]{6}$/],
    ['of another script', 'сеть', /^br-net-[0-9a-z]{6}$/],
    ['of emoji', '🚢🚢🚢', /^br-net-[0-9a-z]{6}$/],
    ['that would be an option', '-rf', /^br-rf-[0-9a-z]{6}$/],
    ['of nothing', '', /^br-net-[0-9a-z]{6}$/],
  ])('is legal for a network name that is %s', (_, network, expected) => {
    const name = bridgeName('shop', network)
    expect(name).toMatch(expected)
    expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(15)
  })

  test('is the same for the same project and network', () => {
    expect(bridgeName('shop', 'web')).toBe(bridgeName('shop', 'web'))
  })

  test('tells projects, networks and what is cut off apart', () => {
    const names = [
      bridgeName('shop', 'web'),
      bridgeName('blog', 'web'),
      bridgeName('shop', 'WEB'),
      bridgeName('shop', 'we_b'),
      bridgeName('shop', 'frontend-1'),
      bridgeName('shop', 'frontend-2'),
      bridgeName('sho', 'pweb'),
      bridgeName('', 'shop/web'.replace('/', '')),
    ]
    expect(new Set(names).size).toBe(names.length)
  })

  test('does not collide among ten thousand', () => {
    const names = new Set<string>()
    for (let project = 0; project < 100; project += 1)
      for (let network = 0; network < 100; network += 1) names.add(bridgeName(`p${project}`, `net${network}`))
    expect(names.size).toBe(10_000)
  })
})
