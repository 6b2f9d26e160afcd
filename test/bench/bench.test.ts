import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { type Outcome, run } from '../cli/portolan.ts'
import { fromJson } from '../from-json.ts'

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url))

/** The time limit for all entries, one after another, on a busy machine. */
const LIMIT_MS = 300_000

const bench = (...words: readonly string[]): Promise<Outcome> =>
  run([process.execPath, path('bench/dist/main.js'), ...words], {
    folder: tmpdir(),
    timeoutMs: LIMIT_MS,
  })

const names = readdirSync(path('bench/entries')).map((file) => file.replace(/\.ts$/, ''))

const isPeers = (name: string): boolean => name.startsWith('peers-')

interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

interface Row {
  readonly name: string
  readonly what: string
  readonly unit: string
  readonly measured: Spread
  readonly peers: readonly (
    | { readonly kind: 'absent'; readonly name: string; readonly why: string }
    | { readonly kind: 'measured'; readonly name: string; readonly measured: Spread }
  )[]
  readonly verdict: string
}

interface Report {
  readonly machine: object
  readonly quick: boolean
  readonly rows: readonly Row[]
  readonly skipped: readonly { readonly name: string }[]
  readonly failed: readonly { readonly name: string; readonly why: string }[]
}

const isSpread = ({ least, median, most }: Spread): boolean =>
  0 < least && least <= median && median <= most && Number.isFinite(most)

// No test compares times: that needs a quiet machine and a person.
describe('npm run bench', () => {
  test(
    'measures every entry in a small size, and prints JSON and nothing else',
    async () => {
      const { code, stdout, stderr } = await bench('--quick', '--json')
      const report = fromJson<Report>(stdout)
      expect(report.failed).toEqual([])
      expect({ code, stderr, quick: report.quick }).toEqual({ code: 0, stderr: '', quick: true })
      const seen = new Set([...report.rows, ...report.skipped].map(({ name }) => name))
      expect([...seen].sort()).toEqual(names.filter((name) => !isPeers(name)).sort())
      if (process.geteuid?.() === 0) expect(report.skipped).toEqual([])
      for (const { what, unit, measured, peers, verdict } of report.rows) {
        expect(what).not.toBe('')
        expect(['ms', '1/s', 'MB']).toContain(unit)
        const all = [measured, ...peers.flatMap((peer) => (peer.kind === 'measured' ? [peer.measured] : []))]
        expect(all.filter((spread) => !isSpread(spread))).toEqual([])
        // Small sizes give no verdict.
        expect(verdict).toBe('none')
      }
    },
    LIMIT_MS,
  )

  // A row reports an engine that is not installed. As root all of them run, where the tests were set up.
  test(
    'publishes ports with other engines, and makes connections through their rules',
    async () => {
      const { code, stdout } = await bench('--quick', '--json', '--peers')
      const report = fromJson<Report>(stdout)
      expect({ code, failed: report.failed }).toEqual({ code: 0, failed: [] })
      const seen = new Set([...report.rows, ...report.skipped].map(({ name }) => name))
      expect([...seen].sort()).toEqual(names.filter(isPeers).sort())
      if (process.geteuid?.() !== 0) return
      const absent = report.rows.flatMap(({ peers }) => peers.filter(({ kind }) => kind === 'absent'))
      expect([...new Set(absent.map(({ name }) => name))]).toEqual(['kube-proxy'])
    },
    LIMIT_MS,
  )

  test('runs the entries that are named, and shows a table', async () => {
    const { code, stdout } = await bench('--quick', 'parse-iptables')
    expect(code).toBe(0)
    expect(stdout).toMatch(/parse 100 rules of iptables-save +\d.* ms .* 1\+1 +at most 60\.0 ms\n/)
  })

  test('kills writers of each store, and finds what they acknowledged', async () => {
    const words = [process.execPath, path('bench/dist/stores/kill-writers.js'), '1']
    const { code, stdout } = await run(words, { folder: tmpdir(), timeoutMs: LIMIT_MS })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^lmdb: 2 writers killed, [1-9]\d* leases acknowledged, 0 lost, 0 leased twice\n/)
    expect(stdout).toMatch(/\nnode:sqlite: /)
  })

  test.each(['nonsense', '--output=x'])(
    'compares with a commit alone, and builds nothing of %s',
    async (ref) => {
      const { code, stdout, stderr } = await bench(`--against=${ref}`)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain(`bench: there is no commit "${ref}"`)
    },
  )

  test('says which entries there are when one is named that is not', async () => {
    const { code, stdout, stderr } = await bench('nonsense')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^bench: there is no bench "nonsense"\. There are: .*parse-iptables/)
  })

  test.each([
    ['a name', ['--store=../x'], 'bench: --store "../x" is no name of a file: a-z, 0-9 and - only.\n'],
    [
      'small sizes',
      ['--store=x', '--quick'],
      'bench: --store and --quick exclude each other: quick figures mean nothing.\n',
    ],
  ])('refuses to store under %s before it measures', async (_what, words, said) => {
    expect(await bench(...words, 'parse-iptables')).toEqual({ code: 1, stdout: '', stderr: said })
  })

  test.each([
    [
      ['--against', 'HEAD', '--store', 'x'],
      '--against and --store exclude each other: a comparison is printed',
    ],
    [['--against', 'HEAD', '--quick'], '--against and --quick exclude each other'],
    [['--against', 'HEAD', '--peers'], '--against and --peers exclude each other'],
    [['--pairs', '5'], '--pairs has an effect only with --against REF'],
    [['--list', '--json'], '--list and --json exclude each other'],
    [['--list', 'evaluate'], '--list and evaluate exclude each other'],
    [['--peers', 'evaluate'], '--peers and evaluate exclude each other'],
  ])('refuses options that have no effect beside each other: %j', async (words, said) => {
    const { code, stdout, stderr } = await bench(...words)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`bench: ${said}`)
  })
})
