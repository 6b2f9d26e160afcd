import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findLink, readLinks } from '../../src/evaluate/route/link.ts'
import { mergedCuts } from '../../src/evaluate/route/merged-cuts.ts'
import { addRoute, findRoute, type RouteTable, routeTable } from '../../src/evaluate/route/route-table.ts'

const names = ['eth0', 'eth1', 'tun0'] as const
const links = readLinks({ interfaces: names.map((name) => ({ name, up: true })) })

/** Prefixes of the first 256 addresses. They may be nested, and some occur twice. */
const tables = fc
  .array(fc.tuple(fc.integer({ min: 24, max: 32 }), fc.nat(255), fc.constantFrom(...names), fc.nat(1)), {
    maxLength: 12,
  })
  .map((all) => {
    const table = routeTable(32)
    for (const [length, at, name, metric] of all) {
      const base = Math.floor(at / 2 ** (32 - length)) * 2 ** (32 - length)
      const route = {
        type: 'unicast',
        link: findLink(links, name),
        gateway: null,
        source: null,
        table: 254,
        text: '',
      }
      addRoute(table, base, { ...route, length, metric })
    }
    return table
  })

const leads = (table: RouteTable, address: number, without: string | null): string =>
  findRoute(table, address, ({ link }) => link?.name !== without)?.link?.name ?? 'nowhere'

test('between two cuts of a table all addresses lead the same way, whichever interface may not be taken', () => {
  fc.assert(
    fc.property(tables, fc.constantFrom(null, ...names), (table, without) => {
      const cuts = mergedCuts(table, -1, 1000) ?? []
      expect([...cuts].sort((a, b) => Number(a) - Number(b))).toEqual(cuts)
      const ways = Array.from({ length: 256 }, (_, address) => leads(table, address, without))
      const turns = ways.flatMap((way, address) =>
        address > 0 && way !== ways[address - 1] && !cuts.includes(address) ? [{ address, way }] : [],
      )
      expect(turns).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('neighbours that lead alike are one, and more cuts than are wanted are none', () => {
  const table = routeTable(32)
  for (let at = 0; at < 64; at += 1) {
    const link = findLink(links, at < 32 ? 'eth0' : 'eth1')
    addRoute(table, at * 4, {
      type: 'unicast',
      link,
      gateway: null,
      source: null,
      length: 30,
      metric: 0,
      table: 254,
      text: '',
    })
  }
  expect(mergedCuts(table, -1, 1000)).toEqual([0, 128, 256])
  expect(mergedCuts(table, -1, 2)).toBeNull()
})

test('lengths that a routing rule suppresses are told apart', () => {
  const table = routeTable(32)
  const route = {
    type: 'unicast',
    link: findLink(links, 'eth0'),
    gateway: null,
    source: null,
    metric: 0,
    table: 254,
    text: '',
  }
  addRoute(table, 0, { ...route, length: 24 })
  addRoute(table, 128, { ...route, length: 28 })
  expect(mergedCuts(table, -1, 1000)).toEqual([0, 256])
  expect(mergedCuts(table, 24, 1000)).toEqual([0, 128, 144, 256])
})
