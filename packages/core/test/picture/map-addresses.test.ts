import { describe, expect, test } from '@jest/globals'
import { type HostFacts, overlapsSet, parsePrefix, prefixSet } from '@portolan/netfilter'
import fc from 'fast-check'
import { growthOf } from '../../../../test/growth/count-work.ts'
import {
  type AddressMap,
  type MapCell,
  mapAddresses,
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlanOptions,
} from '../../src/index.ts'

interface Wish {
  readonly pools: readonly string[]
  readonly count?: number
  readonly size?: number
  readonly cells?: number
  readonly options?: SubnetPlanOptions
}

const draw = (
  facts: HostFacts,
  { pools: names, count = 1, size, cells = 8, options = {} }: Wish,
): AddressMap => {
  const pools = names.map(parsePool)
  const family = names.some((name) => name.includes('::')) ? 'ip6' : 'ip'
  const requests = Array.from(
    { length: count },
    (_, at) =>
      ({
        network: `${at + 1}`,
        family,
        size: size ?? null,
      }) as const,
  )
  const input = { family, size: size ?? null, pools, options, asked: count, cells } as const
  try {
    return mapAddresses(facts, {
      ...input,
      subnets: planSubnets(facts, requests, pools, options),
      rejected: [],
    })
  } catch (error) {
    if (!(error instanceof PoolExhaustedError)) throw error
    return mapAddresses(facts, { ...input, subnets: [], rejected: error.rejected })
  }
}

/** One character for each cell: a digit for the holder, or `*`, `-`, `.`. */
const line = (cells: readonly MapCell[] | undefined) =>
  (cells ?? [])
    .map((cell) => {
      if (cell.kind === 'held') return String(cell.holder)
      return { picked: '*', spoiled: '-', free: '.' }[cell.kind]
    })
    .join('')

describe('mapAddresses', () => {
  test('a row for each entry in the order of the pool, with what is held, spoiled, picked and free', () => {
    const map = draw(
      {
        nameservers: ['172.17.0.23'],
        routes: [{ destination: '10.0.0.0/15', interface: 'wg0', table: 51820 }],
        networks: [{ engine: 'libvirt', name: 'default', subnets: ['172.16.43.128/25'] }],
      },
      { pools: ['classic'] },
    )
    expect(map.rows.slice(0, 7).map(({ prefix, cells }) => [prefix, line(cells)])).toEqual([
      ['172.17.0.0/16', '0-------'],
      ['10.0.0.0/16', '11111111'],
      ['10.1.0.0/16', '11111111'],
      ['10.42.0.0/16', '********'],
      ['172.16.42.0/24', '........'],
      ['172.16.43.0/24', '----2222'],
      ['172.16.44.0/24', '........'],
    ])
    expect(map.holders).toEqual([
      {
        kind: 'nameserver',
        prefix: '172.17.0.23/32',
        detail: 'nameserver 172.17.0.23',
        passedOver: { candidate: '172.17.0.0/16', candidates: 1 },
      },
      {
        kind: 'route',
        prefix: '10.0.0.0/15',
        detail: 'route 10.0.0.0/15 via wg0 in table 51820',
        passedOver: { candidate: '10.0.0.0/16', candidates: 2 },
      },
      {
        kind: 'network',
        prefix: '172.16.43.128/25',
        detail: "libvirt's network default (172.16.43.128/25)",
        passedOver: null,
      },
    ])
    expect(map.picks).toEqual([
      { network: '1', subnet: '10.42.0.0/16', gateway: '10.42.42.1', pool: 'classic' },
    ])
    expect(map.rows.map(({ passedOver }) => passedOver).slice(0, 4)).toEqual([
      [{ holder: 0, candidates: 1 }],
      [{ holder: 1, candidates: 1 }],
      [{ holder: 1, candidates: 1 }],
      [],
    ])
  })
  test('a long row has the part around what was picked enlarged', () => {
    const map = draw({}, { pools: ['10.0.0.0/8:24'], options: { reserve: ['10.0.0.0/20'] }, cells: 32 })
    expect(map.rows.map(({ prefix, enlarges, cells }) => [prefix, enlarges, line(cells)])).toEqual([
      ['10.0.0.0/8', null, `*${'.'.repeat(31)}`],
      ['10.0.0.0/19', '10.0.0.0/8', `${'0'.repeat(16)}*${'.'.repeat(15)}`],
    ])
    expect(map.rows[0]).toMatchObject({
      subnets: 65536,
      size: 24,
      passedOver: [{ holder: 0, candidates: 16 }],
    })
  })
  test('when nothing is free, all that stood in the way is there', () => {
    const map = draw({}, { pools: ['10.9.0.0/23:24'], count: 2, options: { reserve: ['10.9.1.7'] } })
    expect([map.picks, map.asked, line(map.rows[0]?.cells)]).toEqual([[], 2, '....0---'])
    expect(map.rows[0]?.passedOver).toEqual([{ holder: 0, candidates: 1 }])
  })
  test('what is allowed is free, and what is reserved wins over it', () => {
    const facts = { routes: [{ destination: '10.9.0.0/24', interface: 'wg0' }] }
    const options = { allow: ['10.9.0.0/25'], reserve: ['10.9.0.0/27'] }
    const { rows, holders } = draw(facts, { pools: ['10.9.0.0/24:27'], options })
    expect(line(rows[0]?.cells)).toBe('0*..1111')
    expect(holders.map(({ kind }) => kind)).toEqual(['reserved', 'route'])
  })
  test('IPv6 without a pool shows the prefix of this machine', () => {
    const map = draw({ machineId: 'x' }, { pools: ['fd00:5::/48:64'] })
    expect(map.rows.map(({ prefix }) => prefix)).toEqual(['fd00:5::/48', 'fd00:5::/61'])
    const none = mapAddresses(
      { machineId: 'x' },
      { family: 'ip6', size: null, pools: [], options: {}, asked: 1, subnets: [], rejected: [], cells: 8 },
    )
    expect(none.rows[0]?.prefix).toMatch(/^fd.*\/48$/)
  })
  test('a size asked for cuts every entry that can hold it', () => {
    const map = draw({}, { pools: ['classic'], size: 17 })
    expect(map.rows.map(({ prefix, subnets }) => [prefix, subnets])).toEqual([
      ['172.17.0.0/16', 2],
      ['10.0.0.0/16', 2],
      ['10.1.0.0/16', 2],
      ['10.42.0.0/16', 2],
    ])
  })
  test('a hundred thousand routes are neither listed nor waited for', () => {
    const routes = Array.from({ length: 100_000 }, (_, at) => ({
      destination: `10.${at >> 11}.${(at >> 3) & 255}.${(at & 7) * 32}/27`,
      interface: 'eth0',
    }))
    const drawn = (count: number): AddressMap =>
      draw({ routes: routes.slice(0, count) }, { pools: ['10.0.0.0/8:24'], cells: 256 })
    const map = drawn(100_000)
    expect(map.isCut).toBe(true)
    expect(map.holders.length).toBeLessThanOrEqual(200)
    expect(growthOf(drawn, 12_500, 100_000)).toBeLessThan(16)
  })
  test('a cell is free only if nothing of it is held, and every pick is on a cell', () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 18, max: 32 }))
      .map(([low, length]) => `10.9.${low >> 8}.${low & 255}/${length}`)
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), fc.integer({ min: 18, max: 26 }), (reserve, size) => {
        const map = draw({}, { pools: [`10.9.0.0/16:${size}`], options: { reserve }, cells: 16 })
        const held = prefixSet(reserve.map((text) => parsePrefix(text)))
        const [row] = map.rows
        for (const [at, cell] of (row?.cells ?? []).entries()) {
          const touched = overlapsSet(held, parsePrefix(`10.9.${at * 16}.0/20`))
          if (cell.kind !== 'picked') expect(cell.kind === 'held').toBe(touched)
        }
        expect(row?.cells.some(({ kind }) => kind === 'picked')).toBe(map.picks.length > 0)
      }),
    )
  })
})
