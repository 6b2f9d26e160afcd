import { describe, expect, test } from '@jest/globals'
import type { PublishedPort } from '@portolan/core'
import { openPortBook } from '../../src/live/port-book.ts'
import { requestedMapping } from '../../src/live/publish-request.ts'

const wish = (hostPort: number, port = 80) =>
  requestedMapping({ hostPort, to: { address: '172.17.0.10', port } })
const port = (hostPort: number, project = 'live'): PublishedPort => ({ ...wish(hostPort), project })
const standing = ['ip', 'ip6'] as const
const all = () => true

describe('the book of published ports', () => {
  test('keeps what is in force and nothing else where our rules stand', () => {
    const book = openPortBook('live')
    book.publish(wish(1))
    book.learn({ ports: [port(2), port(3, 'shop')], standing })
    expect(book.toKeep(all)).toEqual([wish(2)])
  })

  test('brings back what was asked for here where our rules are gone', () => {
    const book = openPortBook('live')
    for (const hostPort of [1, 2, 3]) book.publish(wish(hostPort))
    book.forget(wish(2))
    book.learn({ ports: [], standing: ['ip6'] })
    expect(book.own()).toEqual([])
    expect(book.toKeep(all)).toEqual([wish(1), wish(3)])
    expect(book.toKeep(({ hostPort }) => hostPort === 3)).toEqual([wish(3)])
  })

  test('does not bring back what another caller took back before the rules were lost', () => {
    const book = openPortBook('live')
    book.publish(wish(1))
    book.learn({ ports: [], standing })
    book.learn({ ports: [], standing: [] })
    expect(book.toKeep(all)).toEqual([])
  })

  test('tells a port that is held by others from one that is published just so', () => {
    const book = openPortBook('live')
    book.learn({ ports: [port(1), port(2, 'shop')], standing })
    expect(book.holds(wish(1))).toBe(true)
    expect(() => book.holds(wish(1, 81))).toThrow('published already')
    expect(() => book.holds(wish(2))).toThrow('of project shop')
    expect(book.holds(wish(3))).toBe(false)
    expect(book.at([wish(1), wish(2), wish(3)])).toEqual([port(1)])
  })

  test('does not take a port bound to an interface for the plain one', () => {
    const book = openPortBook('live')
    book.learn({ ports: [port(1), { ...port(1, 'shop'), interface: 'eth1' }], standing })
    expect(book.holds(wish(1))).toBe(true)
  })
})
