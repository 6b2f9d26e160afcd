import { describe, expect, test } from '@jest/globals'
import { classicPool, type HostFacts, parsePool, planSubnets } from '../../src/index.ts'
import { type AddressMap, drawAddressMap, mapAddresses, printAddressMap } from '../../src/picture.ts'
import { styleFor } from '../../src/text/style.ts'

const facts: HostFacts = {
  nameservers: ['10.42.0.53'],
  routes: [
    { destination: '172.17.0.0/16', interface: 'docker0', table: 254 },
    { destination: '10.0.0.0/12', interface: 'wg0', table: 51820 },
  ],
  networks: [
    {
      engine: 'libvirt',
      name: 'a <b> & "c"',
      subnets: ['192.168.43.0/25'],
      file: '/etc/libvirt/qemu/networks/default.xml',
    },
  ],
}
const mapOf = (pools = [classicPool], count = 1, cells = 32): AddressMap => {
  const requests = Array.from({ length: count }, (_, at) => ({ network: `${at + 1}`, family: 'ip' }) as const)
  const subnets = planSubnets(facts, requests, pools)
  return mapAddresses(facts, {
    family: 'ip',
    size: null,
    pools,
    options: {},
    asked: count,
    subnets,
    rejected: [],
    cells,
  })
}
const withoutColour = (text: string): string =>
  text
    .split('\u001b[')
    .map((part, at) => (at === 0 ? part : part.slice(part.indexOf('m') + 1)))
    .join('')
const exhausted: AddressMap = { ...mapOf(), picks: [], asked: 3 }

describe('printAddressMap', () => {
  test('a bar for each entry, and below what the letters mean, in 80 columns', () => {
    const text = printAddressMap(mapOf(undefined, 2), { columns: 80, unicode: true })
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).toBe(`Pool classic, in the order it is tried
  172.17.0.0/16    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  passed over: a
  10.0.0.0/16      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  passed over: b
  10.1.0.0/16      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  passed over: b
  10.42.0.0/16     c░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  passed over: c
  172.16.42.0/24   ████████████████████████████████  picked: 1
  172.16.43.0/24   ████████████████████████████████  picked: 2
  172.16.44.0/24   ································  free
  10.0.42.0/24     bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  not needed; held: b
  10.0.43.0/24     bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  not needed; held: b
  192.168.42.0/24  ································  free
  192.168.43.0/24  dddddddddddddddd░░░░░░░░░░░░░░░░  not needed; held: d
  192.168.44.0/24  ································  free

  █ picked
  a letter: held, see below
  ░ free, but its subnet is held in part
  · free

Picked
  1  172.16.42.0/24  gateway 172.16.42.1  from pool classic
  2  172.16.43.0/24  gateway 172.16.43.1  from pool classic

Holders
  a  route 172.17.0.0/16 via docker0 in table main, docker's by its name
       in the way of 172.17.0.0/16
  b  route 10.0.0.0/12 via wg0 in table 51820
       in the way of 10.0.0.0/16 and 1 more
  c  nameserver 10.42.0.53
       in the way of 10.42.0.0/16
  d  libvirt's network a <b> & "c" (192.168.43.0/25), defined in
     /etc/libvirt/qemu/networks/default.xml`)
  })
  test('ASCII where the terminal shows nothing else, and no escape without colour', () => {
    const text = printAddressMap(mapOf(), { unicode: false })
    expect(text).toMatch(/^[\n -~]*$/)
    expect(text).toContain('c-------')
    expect(text).toContain('####')
    expect(text).toContain('picked\n')
  })
  test('colour changes nothing but the colour', () => {
    const coloured = printAddressMap(mapOf(), {}, styleFor(true))
    expect(coloured).toContain('\u001b[32m')
    expect(withoutColour(coloured)).toBe(printAddressMap(mapOf(), {}))
  })
  test.each([50, 60, 80, 132])('no line is wider than %d columns, whatever the pools', (columns) => {
    const pools = [parsePool('10.0.0.0/8:24'), parsePool('docker')]
    const text = printAddressMap(mapOf(pools, 9, columns >= 72 ? 32 : 16), { columns })
    const long = text.split('\n').filter((line) => line.length > columns && !line.includes('gateway'))
    expect(long).toEqual([])
  })
  test('nothing picked is said', () => {
    expect(printAddressMap(exhausted)).toContain('Fewer than 3 subnets are free: none was picked')
  })
})

describe('drawAddressMap', () => {
  const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)

  test('is one SVG with all that the text says', () => {
    const svg = drawAddressMap(mapOf(undefined, 2, 256))
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 1024 \d+"/)
    const shown = texts(svg)
    for (const words of [
      'Picked 2 subnets',
      '172.17.0.0/16',
      'passed over: a',
      'picked: 1',
      'route 10.0.0.0/12 via wg0 in table 51820',
      'in the way of 10.0.0.0/16 and 1 more',
      'gateway 172.16.42.1, from pool classic',
      'a route',
      'free',
    ])
      expect(shown).toContain(words)
  })
  test('nothing a name holds can change what is drawn', () => {
    const svg = drawAddressMap(mapOf(undefined, 1, 256))
    expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot;')
    expect(svg).not.toContain('<b>')
    const odd = { ...mapOf(), picks: [{ network: '\u0000<script>', subnet: 'x', gateway: 'y', pool: 'z' }] }
    expect(drawAddressMap(odd)).not.toContain('\u0000')
    expect(drawAddressMap(odd)).not.toContain('<script')
  })
  test('every element that is opened is closed, and nothing is fetched', () => {
    const svg = drawAddressMap(mapOf([parsePool('10.0.0.0/8:24')], 3, 256))
    const open: string[] = []
    for (const [, end, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (end === '/') expect(open.pop()).toBe(name)
      else if (self !== '/') open.push(name ?? '')
    }
    expect(open).toEqual([])
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|@import|href/)
  })
  test('no box is outside the page or without a size', () => {
    const svg = drawAddressMap(mapOf([parsePool('10.0.0.0/8:24'), parsePool('docker')], 9, 256))
    const height = Number(/height="(\d+)"/.exec(svg)?.[1])
    for (const [, x, y, width, tall] of svg.matchAll(
      /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
    )) {
      expect(Number(width)).toBeGreaterThan(0)
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(1024)
      expect(Number(y) + Number(tall)).toBeLessThanOrEqual(height)
    }
  })
  test('nothing picked is the title', () => {
    expect(texts(drawAddressMap(exhausted))[0]).toBe('Fewer than 3 subnets are free: none was picked')
  })
})
